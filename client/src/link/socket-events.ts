/** What libzmq says when a signal, such as the end of a child, came between. */
const INTERRUPTED = 'EINTR';
const MOST_TRIES = 10;

/** The events of a socket of libzmq, which are made when they are first asked for; that can be interrupted. */
export function eventsOf<E>(socket: { readonly events: E }): E {
  for (let tries = 1; ; tries++) {
    try {
      return socket.events;
    } catch (error) {
      const isInterrupted = error instanceof Error && 'code' in error && error.code === INTERRUPTED;
      if (!isInterrupted || tries === MOST_TRIES) throw error;
    }
  }
}
