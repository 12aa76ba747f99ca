import type { Clock } from './clock.ts';
import type { JobView } from './job-view.ts';
import { stateLine, statusLine } from './render.ts';
import type { Terminal } from './terminal.ts';

/** Shows a job while it is waited for. */
export interface Progress {
  /** A fresh look at the job. */
  show(job: JobView): void;
  /** Nothing more comes: leaves the terminal as a next line of text needs it. */
  end(): void;
}

/** For files and pipes: a dot for each look and a line for each new state, as knife-push prints them. */
export function makePlainProgress(terminal: Terminal): Progress {
  let shown = 'Initialized.';
  let atLineStart = true;
  return {
    show(job) {
      terminal.out('.');
      atLineStart = false;
      const line = stateLine(job);
      if (line === shown) return;
      shown = line;
      terminal.out(`${line}\n`);
      atLineStart = true;
    },
    end() {
      if (!atLineStart) terminal.out('\n');
      atLineStart = true;
    },
  };
}

const CLEAR = '\r\u001B[K';
const TICK = 1000; // milliseconds: the seconds in the line go on while nothing changes

/** For a person at a terminal: one line that is kept up to date, gone when the job is over. */
export function makeTtyProgress(terminal: Terminal, clock: Pick<Clock, 'now' | 'every'>): Progress {
  const began = clock.now();
  let last: JobView | undefined;
  const draw = (): void => {
    if (last === undefined) return;
    const line = statusLine(last, Math.floor((clock.now() - began) / 1000));
    // One character less than the line holds: a full line would wrap and could not be cleared.
    terminal.out(CLEAR + line.slice(0, Math.max(10, terminal.columns() - 1)));
  };
  const stop = clock.every(TICK, draw);
  return {
    show(job) {
      last = job;
      draw();
    },
    end() {
      stop();
      if (last !== undefined) terminal.out(`${CLEAR}${stateLine(last)}\n`);
      last = undefined;
    },
  };
}
