import { Command, Option } from 'commander';
import { DEFAULT_CONFIG_FILE, inspectConfig, readConfig, type ConfigSources } from './config.ts';
import { VERSION } from './version.ts';
import { checkReport, printReport } from './print-config.ts';

/** The process that a program runs in. */
export interface Process {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  out(text: string): void;
  err(text: string): void;
  exitCode(code: number): void;
  /** From now on the program looks after the signals to end itself, and hears of every HUP. */
  signalsTaken(onHangUp: () => void): void;
}

interface Options {
  config?: string;
  checkConfig?: true;
  printConfig?: true;
  format: 'human' | 'json';
}

/** `pushy-server`: looks at its configuration, or serves until it is told to end. */
export async function runProgram(self: Process): Promise<void> {
  const options = new Command('pushy-server')
    .description('The Push Jobs server. Settings: docs/settings.md.')
    .version(VERSION, '-v, --version', 'show the version')
    .option('-c, --config <file>', `configuration file (default: ${DEFAULT_CONFIG_FILE})`)
    .option('--check-config', 'says what is wrong with the configuration, and starts nothing')
    .option('--print-config', 'prints every setting, its value and its origin, and starts nothing')
    .addOption(
      new Option('--format <format>', 'of --print-config')
        .choices(['human', 'json'])
        .default('human'),
    )
    .parse(self.argv)
    .opts<Options>();
  const sources: ConfigSources = {
    env: self.env,
    ...(options.config === undefined ? {} : { file: options.config }),
  };
  if (options.checkConfig || options.printConfig) {
    const inspected = await inspectConfig(sources);
    const { out, err, code } = options.checkConfig
      ? checkReport(inspected)
      : printReport(inspected, options.format);
    self.out(out);
    self.err(err);
    self.exitCode(code);
    return;
  }
  const read = await readConfig(sources);
  if (!read.config.enable) {
    self.out('enable is false: this machine does not serve.\n');
    return;
  }
  // The rooms of the server are many modules: whoever only asks does not wait for them.
  const { serve } = await import('./serve.ts');
  await serve(read, self);
}
