import type { JobRequest } from '@pushy/protocol';
import { CliError } from './errors.ts';
import { isRecord } from './job-view.ts';
import { readQuorum } from './quorum.ts';

/** What a job start is asked for, from the command line and from `knife[:…]`. */
export interface JobWish {
  command: string;
  nodes: readonly string[];
  /** A count, or a percentage with its sign. */
  quorum: string;
  /** Seconds. */
  timeout?: string | undefined;
  capture: boolean;
  /** A JSON object of texts. */
  withEnv?: string | undefined;
  asUser?: string | undefined;
  inDir?: string | undefined;
  /** Ready for the request: `raw:…` or `base64:…`. */
  file?: string | undefined;
}

/** The body that a server of the 2.x line takes (REFERENCE 8.3); throws for a wish that cannot be. */
export function jobRequest(wish: JobWish): JobRequest {
  const { command, nodes, file, inDir, asUser, capture } = wish;
  const quorum = readQuorum(wish.quorum, nodes.length);
  if (quorum === undefined) {
    throw new CliError('argument', 'Invalid Format please enter integer or percent', {
      advice: [`--quorum was '${wish.quorum}': it takes 3 or 50%.`],
    });
  }
  return {
    command,
    nodes: [...nodes],
    quorum,
    ...(file === undefined ? {} : { file }),
    capture_output: capture,
    env: readEnv(wish.withEnv),
    ...(inDir === undefined ? {} : { dir: inDir }),
    ...(asUser === undefined ? {} : { user: asUser }),
    ...(wish.timeout === undefined ? {} : { run_timeout: readSeconds(wish.timeout) }),
  };
}

/** What a server of the 1.x line understands of the request (REFERENCE 17); throws when that is not enough. */
export function version1Request(request: JobRequest): JobRequest {
  const { command, nodes, quorum, run_timeout, env, file, dir, user } = request;
  if (Object.keys(env ?? {}).length > 0) {
    throw new CliError('usage', "Sending Environment attributes isn't possible for Push Jobs 1.0");
  }
  // knife-push would run the job without its directory and user; a job is not worth running like that.
  for (const [name, value] of Object.entries({ send_file: file, dir, user })) {
    if (value !== undefined) {
      throw new CliError('usage', `Can't use a 2.0 feature (${name}) with a 1.0 server`);
    }
  }
  return {
    command,
    nodes,
    ...(quorum === undefined ? {} : { quorum }),
    ...(run_timeout === undefined ? {} : { run_timeout }),
  };
}

function readEnv(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  const example = `It takes a JSON object of texts: --with-env '{"NAME": "value"}'`;
  let env: unknown;
  try {
    env = JSON.parse(text);
  } catch (cause) {
    throw new CliError('usage', `--with-env is not JSON: ${text}`, { advice: [example], cause });
  }
  if (!isRecord(env)) {
    throw new CliError('usage', `--with-env is not a JSON object: ${text}`, { advice: [example] });
  }
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      throw new CliError('usage', `--with-env: the value of ${name} is not a text`, {
        advice: [example],
      });
    }),
  );
}

function readSeconds(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CliError('usage', `--timeout is not a number of seconds: ${text}`);
}
