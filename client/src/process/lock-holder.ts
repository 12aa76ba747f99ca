import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { POWERSHELL } from './processes.ts';
import { HELD_BY_OTHER } from './run-script.ts';
import { hasProgram } from './system-path.ts';

/** A lock that another process holds for this one, for as long as this one lives. */
export type HeldLock =
  | { readonly ok: true; readonly release: () => Promise<void> }
  /** `code`: what a keeper ends with that cannot have it. */
  | { readonly ok: false; readonly code: number; readonly why: string };

/** Takes the lock on the file through `flock`; says so, and holds it until its input ends. */
const HOLD = 'echo held; exec cat >/dev/null';

/** The same through Perl, which is there where util-linux is not. */
const PERL = `use Fcntl ":flock"; use Errno;
open(my $file, ">>", $ARGV[0]) or do { print STDERR "$!\\n"; exit 1 };
if (!flock($file, LOCK_EX | LOCK_NB)) {
  exit ${HELD_BY_OTHER} if $!{EWOULDBLOCK} || $!{EAGAIN} || $!{EACCES};
  print STDERR "$!\\n"; exit 1;
}
$| = 1; print "held\\n"; 1 while <STDIN>;`;

/** The program that holds flock(2) on a file, as chef-client does on Unix. */
export function posixLockHolder(
  file: string,
  has: (program: string) => boolean = hasProgram,
): readonly string[] {
  if (!has('flock')) return ['perl', '-e', PERL, file];
  const how = ['--exclusive', '--nonblock', '--conflict-exit-code', String(HELD_BY_OTHER)];
  return ['flock', ...how, file, '/bin/sh', '-c', HOLD];
}

/** The program that holds the mutex of that name, which chef-client takes on Windows in the place of its file. */
export function windowsLockHolder(file: string): readonly string[] {
  const name = `Global\\${file.replaceAll('\\', '/').toLowerCase()}`.replaceAll("'", "''");
  const script = [
    `$mutex = New-Object System.Threading.Mutex($false, '${name}')`,
    // Whoever had it has died: it is ours.
    'try { $held = $mutex.WaitOne(0) } catch [System.Threading.AbandonedMutexException] { $held = $true }',
    `if (-not $held) { exit ${HELD_BY_OTHER} }`,
    "'held'",
    '[void][Console]::In.ReadToEnd()',
    '$mutex.ReleaseMutex()',
  ];
  return ['powershell.exe', ...POWERSHELL, script.join('; ')];
}

/** Starts a holder, and resolves when it has the lock or has ended. */
export function holdLock([file = '', ...args]: readonly string[]): Promise<HeldLock> {
  return new Promise((resolve) => {
    const holder = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    let complaint = '';
    const refuse = (code: number, why: string): void => {
      resolve({ ok: false, code: code === HELD_BY_OTHER ? code : 1, why });
    };
    holder.stdin.on('error', () => undefined);
    holder.stderr.on('data', (chunk: Buffer) => {
      if (complaint.length < 1000) complaint += chunk.toString('utf8');
    });
    holder.once('error', ({ message }) => {
      refuse(1, message);
    });
    holder.once('close', (code, signal) => {
      refuse(code ?? 1, complaint.trim() || `${file} ended with ${code ?? signal ?? 'nothing'}`);
    });
    holder.stdout.once('data', () => {
      resolve({
        ok: true,
        release: async () => {
          if (holder.exitCode !== null || holder.signalCode !== null) return;
          const ended = once(holder, 'exit');
          holder.stdin.end();
          await ended;
        },
      });
    });
  });
}
