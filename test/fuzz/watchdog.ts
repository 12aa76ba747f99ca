import { Worker } from 'node:worker_threads';

/** Ends this process when an input keeps its one thread for longer than `patienceMs`: nothing in it could. */
export interface Watchdog {
  /** A new input is read. */
  alive(): void;
  stop(): Promise<void>;
}

const source = `
const { parentPort, workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const count = new Int32Array(workerData.shared);
let last = -1;
const timer = setInterval(() => {
  const now = Atomics.load(count, 0);
  if (now !== last) { last = now; return; }
  writeSync(2, 'input ' + now + ' of this run hangs\\n');
  process.kill(process.pid, 'SIGKILL');
}, workerData.patienceMs);
parentPort.on('message', () => { clearInterval(timer); parentPort.close(); });
`;

/** Starts a watchdog in a thread of its own. */
export function startWatchdog(patienceMs: number): Watchdog {
  const shared = new SharedArrayBuffer(4);
  const count = new Int32Array(shared);
  const worker = new Worker(source, { eval: true, workerData: { shared, patienceMs } });
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      resolve();
    });
  });
  return {
    alive: () => {
      Atomics.add(count, 0, 1);
    },
    stop: async () => {
      worker.postMessage('stop');
      await ended;
    },
  };
}
