import { backoff } from '../core/backoff.ts';
import type { LivenessEffect } from '../core/liveness.ts';
import type { Log } from '../log.ts';
import type { ConnectionEvent } from '../loops/commands.ts';
import type { ReconfigureRequest } from '../loops/reconfigure.ts';

/** What is done about each kind of loss. */
export interface Healing {
  onEffect(effect: LivenessEffect): void;
  onConnection(event: ConnectionEvent): void;
  /** A message could not be sent. */
  onSendFailure(): void;
  /** The server has removed this node. */
  removed(): void;
  /** A proven message came on the command channel. */
  heard(): void;
  /** A proven broadcast came. */
  broadcastHeard(): void;
  /** The server's host answers on one of the sockets, after it did not. */
  reached(): void;
}

/** What the healing may do. */
export interface HealingDeps {
  readonly random: () => number;
  readonly log: Log;
  /** Longest wait before an attempt, milliseconds: one heartbeat interval (Decision 9). */
  readonly retryCapMs: () => number;
  readonly connection: { renew(): void };
  readonly reconfigure: {
    request(request: ReconfigureRequest): void;
    forget(reasons: readonly string[]): void;
  };
  readonly beatNow: () => void;
}

/** Losses of the command channel: a message on it says that they are over. */
const COMMAND_CHANNEL = {
  denied: 'the server does not admit the key of this agent',
  refused: 'the command channel is refused',
  lost: 'the command channel does not come back',
  silent: 'the command channel is silent',
  unsent: 'a message could not be sent',
} as const;

const STILL_OFFLINE = 'still no broadcast of the server';

/** Makes it: Decision 9 as code. */
export function makeHealing(deps: HealingDeps): Healing {
  const { log, random, connection, reconfigure } = deps;
  /** Fetches asked for since the server was last heard. */
  let strikes = 0;

  /** A fresh configuration opens fresh sockets: there is nothing that it does not cure, once the cause is gone. */
  function heal(reason: string): void {
    const delayMs = backoff(strikes++, deps.retryCapMs(), random);
    reconfigure.request({ reason, delayMs, isUrgent: true });
  }

  return {
    onEffect: (effect) => {
      switch (effect) {
        case 'went_online':
          log.info({}, 'the server is back');
          deps.beatNow();
          return;
        case 'broadcast_late':
          log.debug({}, 'the broadcast of the server is late, opening its socket again');
          connection.renew();
          return;
        case 'foreign_broadcast':
          log.warn({}, 'the broadcasts of the server have another signature');
          heal('broadcasts have another signature');
          return;
        case 'went_offline':
          log.warn({}, 'no broadcast of the server');
          connection.renew();
          return;
        case 'still_offline':
          heal(STILL_OFFLINE);
          return;
        case 'command_channel_silent':
          log.warn({}, 'the server says nothing on the command channel');
          heal(COMMAND_CHANNEL.silent);
          return;
        case 'command_channel_lost':
          log.warn({}, 'the command channel does not come back');
          heal(COMMAND_CHANNEL.lost);
          return;
        case 'new_incarnation':
          reconfigure.request({
            reason: 'the server has another incarnation',
            delayMs: random() * deps.retryCapMs(),
            isUrgent: false,
          });
      }
    },
    onConnection: (event) => {
      if (event.kind === 'refused') {
        const reason = event.isDenied ? COMMAND_CHANNEL.denied : COMMAND_CHANNEL.refused;
        log.debug({ reason }, 'a connection of the command channel ended before it stood');
        // A server that is too busy for a handshake would be busier with another request for a configuration.
        if (!event.isLate) heal(reason);
      } else if (event.isAgain) {
        // The server knows the node by its address: it must hear of the new one before it can say anything.
        deps.beatNow();
      }
    },
    onSendFailure: () => {
      heal(COMMAND_CHANNEL.unsent);
    },
    removed: () => {
      log.warn({}, 'the server has removed this node');
      reconfigure.request({
        reason: 'the node was removed at the server',
        delayMs: random() * deps.retryCapMs(),
        isUrgent: true,
      });
    },
    heard: () => {
      strikes = 0;
      reconfigure.forget(Object.values(COMMAND_CHANNEL));
    },
    // What a socket has reached will broadcast; all nodes would ask for their configuration at the same time.
    reached: () => {
      reconfigure.forget([STILL_OFFLINE]);
    },
    broadcastHeard: () => {
      reconfigure.forget([STILL_OFFLINE]);
    },
  };
}
