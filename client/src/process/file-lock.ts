import { spawn } from 'node:child_process';
import { isCode } from './proc.ts';

/** `held`: by somebody else. `why`: nobody can say, for this system has no program that locks. */
export type FileLock =
  | { readonly kind: 'taken' }
  | { readonly kind: 'held' }
  | { readonly kind: 'unknown'; readonly why: string };

export type After = (ms: number, action: () => void) => () => void;

/** Exit code of the programs for a lock that somebody else holds. */
const HELD = 1;
/** How long they may take, milliseconds. */
const LOCK_MS = 5000;
/** How often, and at what distance in milliseconds, it is tried: whoever only looks has it for a moment. */
const ATTEMPTS = 20;
const PAUSE_MS = 100;
/** The descriptor as which the programs get the open file. */
const FD = 3;

/** Where there is no util-linux. A lock by fcntl(2), which some Perls make of it, would end with the program. */
const PERL = `use Config; use Errno; use Fcntl ":flock";
$Config{d_flock} or die "this perl has no flock(2)\\n";
open(my $file, "<&=", ${FD}) or die "$!\\n";
exit 0 if flock($file, LOCK_NB | ($ARGV[0] eq "-x" ? LOCK_EX : LOCK_SH));
exit ${HELD} if $!{EWOULDBLOCK} || $!{EAGAIN};
die "$!\\n";`;

/**
 * Locks an open file or directory for as long as it is open. flock(2) belongs to the open file, not to the process that
 * called it: a program locks what this process has opened, and ends. So the lock lives exactly as long as this process,
 * whatever ends that; no holder stays beside it, and no run inherits it (the file is closed on exec).
 */
export async function takeFileLock(fd: number, after: After): Promise<FileLock> {
  for (let attempt = 1; ; attempt++) {
    const lock = await lockOnce(fd, '-x', after);
    if (lock.kind !== 'held' || attempt === ATTEMPTS) return lock;
    await new Promise<void>((resolve) => after(PAUSE_MS, resolve));
  }
}

/** Whether somebody holds the lock; for a moment nobody else can take it. */
export function tryFileLock(fd: number, after: After): Promise<FileLock> {
  return lockOnce(fd, '-s', after);
}

async function lockOnce(fd: number, how: '-x' | '-s', after: After): Promise<FileLock> {
  const lock = await runLocker(['flock', how, '-n', String(FD)], fd, after);
  if (lock !== 'missing') return lock;
  const other = await runLocker(['perl', '-e', PERL, '--', how], fd, after);
  return other === 'missing' ? { kind: 'unknown', why: 'cannot run flock, nor perl' } : other;
}

function runLocker(
  [file = '', ...args]: readonly string[],
  fd: number,
  after: After,
): Promise<FileLock | 'missing'> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe', fd] });
    let complaint = '';
    const cancel = after(LOCK_MS, () => child.kill('SIGKILL'));
    child.stderr?.on('data', (chunk: Buffer) => {
      if (complaint.length < 1000) complaint += chunk.toString('utf8');
    });
    child.once('error', (error) => {
      cancel();
      const why = `cannot run ${file}: ${error.message}`;
      resolve(isCode(error, 'ENOENT') ? 'missing' : { kind: 'unknown', why });
    });
    child.once('close', (code, signal) => {
      cancel();
      if (code === 0) resolve({ kind: 'taken' });
      else if (code === HELD) resolve({ kind: 'held' });
      else {
        const why = complaint.trim() || `${file} ended with ${code ?? signal ?? 'nothing'}`;
        resolve({ kind: 'unknown', why });
      }
    });
  });
}
