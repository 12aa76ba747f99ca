import { readdirSync } from 'node:fs';
import type { RunOutput } from '../core/runner.ts';
import { encodedSize, exceeds, fitOutput } from './output.ts';
import { readCaptured, type Captured } from '../process/captured.ts';
import { endOfRun, whyOfRun } from '../process/run-state.ts';

/** What the server is told of a run that is over. */
export interface RunResult {
  readonly outcome: 'succeeded' | 'failed';
  /** Absent when the job does not capture. */
  readonly output?: RunOutput;
}

/** What a run is looked at for. */
export interface RunResultSettings {
  readonly capture: boolean;
  /** The machine was booted since. */
  readonly isRebooted: boolean;
  /** Encoded bytes that both streams may take. */
  readonly limit: number;
  /** What the run wrote was more than that: so many encoded bytes of it are kept. */
  readonly onCut?: OnCut;
}

type OnCut = (keptBytes: number) => void;

/** Reads the end of a run, and what it wrote, from its directory. What a person must know stands last in `stderr`. */
export function readResult(dir: string, settings: RunResultSettings): RunResult {
  const { capture, limit, onCut } = settings;
  const names = readdirSync(dir);
  const why = readNote(dir, names);
  const { outcome, note } = verdict(why, names, settings);
  return capture ? { outcome, output: outputOf(dir, names, note, limit, onCut) } : { outcome };
}

/** Reads what a run wrote until it was stopped. */
export function readStopped(dir: string, limit: number, onCut: OnCut): RunOutput {
  const names = readdirSync(dir);
  return outputOf(dir, names, readNote(dir, names), limit, onCut);
}

function outputOf(
  dir: string,
  names: readonly string[],
  why: string | undefined,
  limit: number,
  onCut: OnCut = () => undefined,
): RunOutput {
  const stdout = readCaptured(dir, 'stdout', limit, names);
  const stderr = readCaptured(dir, 'stderr', limit, names);
  const notes = why === undefined ? [] : [why];
  if (stdout.isDiskFull || stderr.isDiskFull) {
    notes.push('the rest of the output is lost: the disk of this node was full');
  }
  const streams = { stdout, stderr: withNotes(stderr, notes) };
  const output = fitOutput(streams, limit);
  if (exceeds(streams, limit)) onCut(encodedSize(output.stdout) + encodedSize(output.stderr));
  return output;
}

function verdict(
  why: string | undefined,
  names: readonly string[],
  { isRebooted }: RunResultSettings,
): { outcome: RunResult['outcome']; note?: string } {
  const end = endOfRun(names);
  if (end === undefined) {
    const lost = isRebooted
      ? 'the run was lost by a reboot of this node'
      : 'the run was killed together with the agent';
    return { outcome: 'failed', note: why ?? lost };
  }
  if (why !== undefined) return { outcome: 'failed', note: why };
  if (end.how === 'unwritten') {
    return { outcome: 'failed', note: 'the run was not started: the disk of this node was full' };
  }
  if (end.status === 0) return { outcome: 'succeeded' };
  if (end.how === 'exited') return { outcome: 'failed' };
  const by = isRebooted ? 'a reboot of this node' : 'the end of the agent';
  return { outcome: 'failed', note: `the run was ended by ${by}, with status ${end.status}` };
}

function withNotes(stderr: Captured, notes: readonly string[]): Captured {
  const text = notes.map((note) => `pushy-client: ${note}\n`).join('');
  return { ...stderr, tail: Buffer.concat([stderr.tail, Buffer.from(text)]) };
}

/** Why the agent ended the run; undefined when it did not. */
function readNote(dir: string, names: readonly string[]): string | undefined {
  const why = whyOfRun(dir, names);
  return why === '' ? 'the disk of this node was full: how the run ended was not kept' : why;
}
