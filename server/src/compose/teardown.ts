/** Ends what was begun, the last first; a part that fails to end does not keep the others. */
export interface Teardown {
  /** `end` is called once, when everything ends. */
  add(name: string, end: () => Promise<unknown> | undefined): void;
  run(): Promise<void>;
}

/** Makes an empty list of ends. */
export function makeTeardown(log: { error(fields: object, message: string): void }): Teardown {
  const ends: { name: string; end: () => Promise<unknown> | undefined }[] = [];
  return {
    add: (name, end) => {
      ends.push({ name, end });
    },
    run: async () => {
      for (let part = ends.pop(); part !== undefined; part = ends.pop()) {
        try {
          await part.end();
        } catch (error) {
          log.error({ err: error, part: part.name }, 'a part of the server did not end well');
        }
      }
    },
  };
}
