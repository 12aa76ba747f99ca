import {
  absolutePath,
  flag,
  hostName,
  listenAddress,
  oneOf,
  optional,
  whole,
} from './setting-kinds.ts';
import { port, setting, type SettingSpec } from './setting-spec.ts';

/** Logs, metrics and the TLS listener. `log_rotation_x` stands in files as `log_rotation = { 'x' => … }` (ADDON B.4). */
export const OPERATION_SETTINGS = {
  enable: setting(
    flag,
    true,
    '',
    'false: the server says so and ends at once, with 0; for one file on several machines.',
  ),
  logLevel: setting(
    oneOf('debug', 'info', 'warn', 'error'),
    'info',
    '',
    'The least important line that is logged.',
  ),
  logDirectory: setting(
    optional(absolutePath),
    null,
    'directory',
    'Logs go to the file current in it; not set: to standard output.',
  ),
  logRotationFileMaxbytes: setting(
    whole(4096, 1_099_511_627_776),
    104_857_600,
    'bytes',
    'That file is rotated at this size.',
  ),
  logRotationNumToKeep: setting(whole(1, 10_000), 10, 'files', 'Rotated files that are kept.'),
  metricsListen: setting(listenAddress, '127.0.0.1', 'address', 'Where /metrics is served.'),
  metricsPort: setting(
    optional(port),
    10_004,
    'TCP port',
    '/metrics for Prometheus. 0: any free port; nil or empty: off.',
  ),
  enableGraphite: setting(flag, false, '', 'Report the same numbers to Graphite, every 10 s.'),
  graphiteHost: setting(hostName, 'localhost', 'host name', 'Where Graphite takes them.'),
  graphitePort: setting(port, 2003, 'TCP port', 'Its port for the plaintext protocol.'),
  tlsCertificate: setting(
    optional(absolutePath),
    null,
    'file',
    'Certificate chain (PEM) of the TLS listener for hosts without a proxy; not set: no such listener.',
  ),
  tlsKey: setting(
    optional(absolutePath),
    null,
    'file',
    'Its private key (PEM). HUP reads both again.',
  ),
  tlsListen: setting(listenAddress, '0.0.0.0', 'address', 'Where the TLS listener listens.'),
  tlsPort: setting(port, 10_443, 'TCP port', 'The HTTP API over TLS. 0: any free port.'),
} as const satisfies Record<string, SettingSpec<unknown>>;
