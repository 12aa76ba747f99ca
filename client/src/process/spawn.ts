import { spawn, type ChildProcess } from 'node:child_process';
import { invocation } from './become.ts';
import { capture, type Capture, type Captured } from './capture.ts';
import { killGroup, type KillClock } from './kill.ts';
import type { OsUser } from './user.ts';

/** How long a command may run on a node, whatever the job says: 24 h in milliseconds (REFERENCE 16, J8). */
export const RUN_LIMIT_MS = 86_400_000;
/** How long a pipe is read after its command ended, where a child of it keeps the pipe open: milliseconds. */
const DRAIN_MS = 250;

/** A command line and the surroundings that it runs in. */
export interface Command {
  readonly line: string;
  readonly env: Readonly<Record<string, string>>;
  readonly dir?: string;
  /** Run as this user, with his groups. */
  readonly user?: OsUser;
  /** Keep what it writes: at most this many bytes of head and of tail of each stream. */
  readonly captureLimit?: number;
}

/** How a command ended. */
export interface Exit {
  /** Undefined when a signal ended it, or when it never started. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** Why there was no proper end: it could not be started, or it ran for longer than it may. */
  readonly trouble: string | undefined;
  readonly captured: { readonly stdout: Captured; readonly stderr: Captured } | undefined;
}

/** A command that runs. */
export interface Run {
  /** Resolves when the command has ended; never rejects. */
  readonly exit: Promise<Exit>;
  /** Ends its whole process group; resolves as `killGroup` does. */
  kill(): Promise<boolean>;
}

/** Starts a command line in a process group (and session) of its own; never throws. */
export function startCommand(command: Command, clock: KillClock): Run {
  const started = spawnCommand(command);
  if (!started.ok) return neverStarted(started.trouble);
  const { child } = started;
  const captures = [child.stdout, child.stderr].map((stream) =>
    stream === null ? undefined : capture(stream, command.captureLimit ?? 0),
  );
  let trouble: string | undefined;
  const kill = (): Promise<boolean> =>
    child.pid === undefined ? Promise.resolve(true) : killGroup(child.pid, clock);

  const exit = new Promise<Exit>((resolve) => {
    const cancelLimit = clock.after(RUN_LIMIT_MS, () => {
      trouble = `ended by the agent after ${RUN_LIMIT_MS / 1000} s`;
      void kill();
    });
    const finish = (code: number | null, signal: string | null): void => {
      cancelLimit();
      void drain(captures, clock).then((captured) => {
        resolve({ code: code ?? undefined, signal: signal ?? undefined, trouble, captured });
      });
    };
    child.once('exit', finish);
    child.once('error', (error) => {
      // After a start, `error` is about a signal that could not be sent: the exit is still to come.
      if (child.pid !== undefined) return;
      trouble = `cannot be started: ${error.message}`;
      finish(null, null);
    });
  });
  return { exit, kill };
}

function spawnCommand(
  command: Command,
): { ok: true; child: ChildProcess } | { ok: false; trouble: string } {
  const { file, args, env } = invocation(command.line, command.env, command.user);
  const output = command.captureLimit === undefined ? 'ignore' : 'pipe';
  try {
    const child = spawn(file, args, {
      ...(command.dir === undefined ? {} : { cwd: command.dir }),
      env: { ...env },
      detached: true,
      stdio: ['ignore', output, output],
    });
    return { ok: true, child };
  } catch (error) {
    // Node throws for what the kernel refuses at once: arguments and environment that are too long, for one.
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, trouble: `cannot be started: ${why}` };
  }
}

function neverStarted(trouble: string): Run {
  const exit = { code: undefined, signal: undefined, trouble, captured: undefined };
  return { exit: Promise.resolve(exit), kill: () => Promise.resolve(true) };
}

/** Waits for the ends of the streams; a grandchild in the background may keep them open for ever. */
async function drain(
  captures: readonly (Capture | undefined)[],
  clock: KillClock,
): Promise<Exit['captured']> {
  const [stdout, stderr] = captures;
  if (stdout === undefined || stderr === undefined) return undefined;
  let cancel: () => void = () => undefined;
  const deadline = new Promise<void>((resolve) => {
    cancel = clock.after(DRAIN_MS, resolve);
  });
  await Promise.race([Promise.all([stdout.ended, stderr.ended]), deadline]);
  cancel();
  stdout.stop();
  stderr.stop();
  return { stdout: stdout.result(), stderr: stderr.result() };
}
