import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gemSet } from '../provision/gem-sets.ts';

/** One Ruby process that answers JSON lines: test/system/ruby/chef-crypto.rb. */
export interface RubyPeer {
  /** Resolves with the value that Ruby answers; rejects with what it raised, or after the deadline. */
  ask(operation: string, parameters?: object): Promise<unknown>;
  /** Ends the process and waits for its end. */
  stop(): Promise<void>;
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  deadline: NodeJS.Timeout;
}

/** Milliseconds; the first answer waits for Bundler. */
const DEADLINE = 30_000;
const script = fileURLToPath(new URL('../system/ruby/chef-crypto.rb', import.meta.url));

/** Starts Ruby with the gems of the workstation. */
export function startRubyPeer(): RubyPeer {
  const set = gemSet('workstation');
  const { file, args } = set.command('ruby', [script]);
  const child = spawn(file, args, { env: set.env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  // Ruby answers in the order of the questions.
  const waiting: Waiting[] = [];

  createInterface({ input: child.stdout }).on('line', (line) => {
    const next = waiting.shift();
    if (next === undefined) throw new Error(`Ruby said something unasked: ${line}`);
    clearTimeout(next.deadline);
    const answer = JSON.parse(line) as { value?: unknown; error?: string };
    if (answer.error === undefined) next.resolve(answer.value);
    else next.reject(new Error(answer.error));
  });
  child.on('close', () => {
    for (const { reject, deadline } of waiting.splice(0)) {
      clearTimeout(deadline);
      reject(new Error('Ruby ended before it answered'));
    }
  });

  return {
    ask: (operation, parameters = {}) =>
      new Promise((resolve, reject) => {
        const deadline = setTimeout(() => {
          reject(new Error(`Ruby did not answer '${operation}' within ${DEADLINE} ms`));
          child.kill('SIGKILL');
        }, DEADLINE);
        waiting.push({ resolve, reject, deadline });
        child.stdin.write(`${JSON.stringify({ operation, ...parameters })}\n`);
      }),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
