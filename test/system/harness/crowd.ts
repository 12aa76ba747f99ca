import { connect, type Socket } from 'node:net';
import { signRequest, type Signer } from 'mixlib-authentication-ts';

/** Many connections to one port. */
export interface Crowd {
  /** Connections that the other side has not ended. */
  open: () => number;
  /** Answers that came on all of them. */
  answers: () => number;
  leave: () => void;
}

/** Opens `count` connections; each sends `first` and, whenever something comes, does as `onData` says. */
async function gather(
  port: number,
  count: number,
  first?: string,
  onData?: (socket: Socket, text: string) => number,
): Promise<Crowd> {
  const sockets = new Set<Socket>();
  let answers = 0;
  const arrived = Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1');
    sockets.add(socket);
    // Refused, cut off: the count of open ones says it.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      answers += onData?.(socket, chunk.toString('latin1')) ?? 0;
    });
    if (onData === undefined) socket.pause();
    return new Promise<void>((resolve) => {
      socket.on('connect', () => {
        if (first !== undefined) socket.write(first);
        resolve();
      });
      socket.on('close', () => {
        resolve();
      });
    });
  });
  await Promise.all(arrived);
  return {
    open: () => sockets.size,
    answers: () => answers,
    leave: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Clients that connect and never say a word. */
export function hangingClients(port: number, count: number): Promise<Crowd> {
  return gather(port, count);
}

/** Readers that ask for a feed and never read it. */
export function deafReaders(
  port: number,
  path: string,
  who: Signer,
  count: number,
): Promise<Crowd> {
  return gather(port, count, requestText(path, who));
}

/** Clients that ask the same question again as soon as they have an answer. */
export function insistentClients(
  port: number,
  path: string,
  who: Signer,
  count: number,
): Promise<Crowd> {
  const text = requestText(path, who);
  return gather(port, count, text, (socket, data) => {
    const answers = data.split('HTTP/1.1 ').length - 1;
    for (let i = 0; i < answers; i++) socket.write(text);
    return answers;
  });
}

/** Signed once: it may be sent any number of times within the allowed skew, at no cost to this side. */
function requestText(path: string, who: Signer): string {
  const signed = signRequest({ method: 'GET', path }, who, Date.now());
  const headers = Object.entries({ host: 'localhost', accept: '*/*', ...signed });
  return `GET ${path} HTTP/1.1\r\n${headers.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`;
}
