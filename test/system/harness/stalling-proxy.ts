/**
 * A program: TCP proxy on 127.0.0.1 for the ports in its arguments, to the same ports of the host that comes first.
 * After SIGUSR2 it takes connections and bytes and passes nothing on, for ever on those connections; after another
 * SIGUSR2 new connections are served again. So everybody's kernel says that all is well.
 */
import { connect, createServer, type Socket } from 'node:net';

const [host = '', ...ports] = process.argv.slice(2);
let isStalled = false;
const open = new Set<Socket>();

process.on('SIGUSR2', () => {
  isStalled = !isStalled;
  if (isStalled) for (const socket of open) stall(socket);
  process.stdout.write(isStalled ? 'stalled again\n' : 'serving again\n');
});

/** Takes what comes, so that it is acknowledged, and forgets it. */
function stall(socket: Socket): void {
  socket.unpipe();
  socket.removeAllListeners('end');
  socket.resume();
}

for (const port of ports) {
  createServer((near) => {
    near.on('error', () => near.destroy());
    open.add(near);
    near.once('close', () => open.delete(near));
    if (isStalled) {
      stall(near);
      return;
    }
    const far = connect(Number(port), host);
    far.on('error', () => near.destroy());
    open.add(far);
    far.once('close', () => open.delete(far));
    near.pipe(far);
    far.pipe(near);
  }).listen(Number(port), '127.0.0.1');
}
process.stdout.write('serving\n');
