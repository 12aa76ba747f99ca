import { nameOf } from './setting-names.ts';
import type { SettingKey, Settings } from './settings.ts';

interface Door {
  key: SettingKey;
  host: string;
  port: number | undefined;
}

const EVERYWHERE = new Set(['*', '0.0.0.0', '[::]', '::']);

/** Two listeners on one port of one address: the second could never listen. Answers the settings with a sentence. */
export function sharedPorts(settings: Settings): [SettingKey, string][] {
  const zmq = settings.zeromqListenAddress.slice('tcp://'.length);
  const doors: Door[] = [
    { key: 'apiPort', host: settings.listen, port: settings.apiPort },
    { key: 'commandPort', host: zmq, port: settings.commandPort },
    { key: 'serverHeartbeatPort', host: zmq, port: settings.serverHeartbeatPort },
    { key: 'metricsPort', host: settings.metricsListen, port: settings.metricsPort },
  ];
  if (settings.tlsCertificate !== undefined) {
    doors.push({ key: 'tlsPort', host: settings.tlsListen, port: settings.tlsPort });
  }
  return doors.flatMap((door, index) => {
    const other = doors.slice(0, index).find((before) => collide(before, door));
    return other === undefined
      ? []
      : [
          [
            door.key,
            `${nameOf(door.key)} and ${nameOf(other.key)} are both ${String(door.port)}: give each a port of its own`,
          ],
        ];
  });
}

function collide(a: Door, b: Door): boolean {
  if (a.port === undefined || a.port === 0 || a.port !== b.port) return false;
  return a.host === b.host || EVERYWHERE.has(a.host) || EVERYWHERE.has(b.host);
}
