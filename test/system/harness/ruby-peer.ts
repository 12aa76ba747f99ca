import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gemSet } from '../../provision/gem-sets.ts';
import { useScene } from './scene.ts';

/** One Ruby process that answers JSON lines: test/system/ruby/chef-crypto.rb. */
export interface RubyPeer {
  /** Resolves with the value that Ruby answers; rejects with what it raised, or after the deadline. */
  ask(operation: string, parameters?: object): Promise<unknown>;
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  deadline: NodeJS.Timeout;
}

/** Milliseconds; the first answer waits for Bundler. */
const answerTimeoutMs = 30_000;
/** Milliseconds from the end of its input to the kill. */
const stopTimeoutMs = 5000;
const script = fileURLToPath(new URL('../ruby/chef-crypto.rb', import.meta.url));

/** Runs Ruby, with the gems of the workstation, beside the tests of the surrounding `describe`. */
export function useRubyPeer(): RubyPeer {
  let peer: (RubyPeer & { stop: () => Promise<void> }) | undefined;
  useScene('workstation');
  before('Ruby', () => {
    peer = startRubyPeer();
  });
  after('Ruby is ended', () => peer?.stop());
  return {
    ask: (operation, parameters) => {
      if (peer === undefined) throw new Error('Ruby is there in tests only');
      return peer.ask(operation, parameters);
    },
  };
}

function startRubyPeer(): RubyPeer & { stop: () => Promise<void> } {
  const set = gemSet('workstation');
  const { file, args } = set.command('ruby', [script]);
  const child = spawn(file, args, { env: set.env, stdio: ['pipe', 'pipe', 'inherit'] });
  // Ruby answers in the order of the questions.
  const waiting: Waiting[] = [];
  const end = (why: string, cause?: Error): void => {
    for (const { reject, deadline } of waiting.splice(0)) {
      clearTimeout(deadline);
      reject(new Error(why, { cause }));
    }
  };
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      end('Ruby ended before it answered');
      resolve();
    });
    child.on('error', (cause) => {
      end('Ruby could not be started', cause);
      resolve();
    });
  });
  // A write to a process that has ended: the end itself tells the story.
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const next = waiting.shift();
    if (next === undefined) throw new Error(`Ruby said something unasked: ${line}`);
    clearTimeout(next.deadline);
    const answer = JSON.parse(line) as { value?: unknown; error?: string };
    if (answer.error === undefined) next.resolve(answer.value);
    else next.reject(new Error(answer.error));
  });

  return {
    ask: (operation, parameters = {}) =>
      new Promise((resolve, reject) => {
        const deadline = setTimeout(() => {
          end(`Ruby did not answer '${operation}' within ${answerTimeoutMs} ms`);
          child.kill('SIGKILL');
        }, answerTimeoutMs);
        waiting.push({ resolve, reject, deadline });
        child.stdin.write(`${JSON.stringify({ operation, ...parameters })}\n`);
      }),
    stop: async () => {
      child.stdin.end();
      const deadline = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await ended;
      clearTimeout(deadline);
    },
  };
}
