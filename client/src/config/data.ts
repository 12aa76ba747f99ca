import { isHash, type RubyConfig, type Setting } from '@pushy/ruby-config';

/** Whether a configuration file is data by its name, as Mixlib::Config decides it (ADDON F.5 rule 7). */
export function isDataFile(file: string): boolean {
  return /\.(json|toml|ya?ml)$/i.test(file);
}

/**
 * Reads a configuration file of JSON, TOML or YAML: keys are names of settings. A parser is loaded for its own format
 * alone. `relevant` are settings that must not be lost in a table. Throws an AgentError with file and line.
 */
export async function readDataConfig(
  text: string,
  file: string,
  relevant: ReadonlySet<string>,
): Promise<RubyConfig> {
  const settings = await parse(text, file, relevant);
  return {
    settings,
    objects: new Map(),
    environment: new Map(),
    constants: new Map(),
    files: [file],
    warnings: patternsAsNames(settings.get('whitelist')),
  };
}

/** The parsers of all formats, for data that a file of Ruby includes. */
export async function loadParsers(): Promise<
  (text: string, file: string, relevant: ReadonlySet<string>) => Map<string, Setting>
> {
  const [{ readJson }, { readToml }, { readYaml }] = await Promise.all([
    import('./data/json.ts'),
    import('./data/toml.ts'),
    import('./data/yaml.ts'),
  ]);
  return (text, file, relevant) => {
    if (/\.json$/i.test(file)) return readJson(text, file);
    return /\.toml$/i.test(file) ? readToml(text, file, relevant) : readYaml(text, file);
  };
}

async function parse(
  text: string,
  file: string,
  relevant: ReadonlySet<string>,
): Promise<Map<string, Setting>> {
  if (/\.json$/i.test(file)) return (await import('./data/json.ts')).readJson(text, file);
  if (/\.toml$/i.test(file)) return (await import('./data/toml.ts')).readToml(text, file, relevant);
  return (await import('./data/yaml.ts')).readYaml(text, file);
}

/** Data has no regular expressions: a key is a name, exactly, as it is to Mixlib::Config. */
function patternsAsNames(whitelist: Setting | undefined): RubyConfig['warnings'] {
  if (whitelist === undefined || !isHash(whitelist.value)) return [];
  const { value, file, line } = whitelist;
  return value.entries.flatMap(([key]) => {
    if (typeof key !== 'string' || !/^\/.*\/[imx]*$|^\^|\$$/.test(key)) return [];
    const message = `whitelist: ${JSON.stringify(key)} is an exact name here, and no pattern: only a Ruby file has patterns`;
    return [{ file, line, message }];
  });
}
