'use strict';
// Mocha loads a spec with require() first and falls back to import(). Node 20's require() of an ES module
// bypasses the loader hooks that erase types, so this makes require() of a .ts file step aside at once.
// Mocha reports the error of its first try: it is filled in with what import() really said.
const { pathToFileURL } = require('node:url');

require.extensions['.ts'] = (module, filename) => {
  const error = new Error(`import() did not say why ${filename} cannot be loaded`);
  import(pathToFileURL(filename).href).catch((reason) => {
    error.message = reason.message;
    error.stack = reason.stack;
  });
  throw error;
};
