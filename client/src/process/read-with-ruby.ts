import { spawn } from 'node:child_process';
import type { RubyConfig, RubyValue, Setting } from '@pushy/ruby-config';
import { systemClock } from '../clock.ts';
import type { ReadAnswer, ReadRequest } from './read-config.ts';
import { RUBY_PROGRAM } from './ruby-program.ts';

/** What the program writes. */
type Evaluated =
  | { readonly failed: string }
  | {
      readonly settings: readonly (readonly [string, RubyValue, string, number])[];
      readonly files: readonly string[];
      readonly environment: readonly (readonly [string, string | null])[];
      readonly showTime: boolean | null;
    };

/** How long Ruby may take, milliseconds: Chef's own classes load for a second or two. */
const RUBY_TIMEOUT_MS = 30_000;
/** How long what Ruby has written is waited for once it has ended, milliseconds. */
const LAST_OUTPUT_MS = 250;
/** An answer larger than this is no configuration, bytes. */
const MAX_ANSWER_BYTES = 4_000_000;

/** Evaluates a configuration file with a Ruby of this host, exactly as Chef does; never rejects. */
export async function readWithRuby(
  ruby: string,
  request: ReadRequest,
  timeoutMs = RUBY_TIMEOUT_MS,
): Promise<ReadAnswer> {
  const { file, env, relevant } = request;
  const args = ['-W0', '-e', RUBY_PROGRAM, file, JSON.stringify([...relevant])];
  const { text, complaint } = await runRuby(ruby, args, env, timeoutMs);
  let evaluated: Evaluated;
  try {
    evaluated = JSON.parse(text) as Evaluated;
  } catch {
    return { ok: false, message: `${file}: ${ruby} gave no answer: ${complaint.trim()}` };
  }
  if ('failed' in evaluated) return { ok: false, message: evaluated.failed };
  return { ok: true, config: configOf(evaluated) };
}

function configOf(evaluated: Exclude<Evaluated, { failed: string }>): RubyConfig {
  const settings = evaluated.settings.map(([name, value, file, line]): [string, Setting] => {
    return [name, { value, file, line }];
  });
  return {
    settings: new Map(settings),
    objects: new Map(),
    environment: new Map(evaluated.environment),
    constants: new Map(),
    files: evaluated.files,
    warnings: [],
    ...(evaluated.showTime === null ? {} : { showTime: evaluated.showTime }),
  };
}

/** A process group of its own: what the file starts ends with it. */
function runRuby(
  ruby: string,
  args: readonly string[],
  env: ReadRequest['env'],
  timeoutMs: number,
): Promise<{ text: string; complaint: string }> {
  return new Promise((resolve) => {
    const child = spawn(ruby, args, {
      env,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    const answer: Buffer[] = [];
    let size = 0;
    let complaint = '';
    const kill = (why: string): void => {
      complaint = why;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended by itself.
        child.kill('SIGKILL');
      }
    };
    const deadline = AbortSignal.timeout(timeoutMs);
    const late = (): void => {
      kill(`it did not end within ${timeoutMs / 1000} s`);
    };
    deadline.addEventListener('abort', late);
    let cancel = (): void => undefined;
    const end = (): void => {
      cancel();
      deadline.removeEventListener('abort', late);
      resolve({ text: Buffer.concat(answer).toString('utf8'), complaint });
    };
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) kill('its answer is too large');
      else answer.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (complaint.length < 2000) complaint += chunk.toString('utf8');
    });
    child.once('error', (error) => {
      complaint = error.message;
      end();
    });
    child.once('exit', () => {
      // A daemon that the file has started may hold a pipe for ever.
      cancel = systemClock.after(LAST_OUTPUT_MS, () => {
        for (const stream of child.stdio) stream?.destroy();
      });
    });
    child.once('close', end);
  });
}
