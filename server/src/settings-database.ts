import {
  absolutePath,
  hostName,
  number,
  optional,
  postgresUrl,
  text,
  whole,
} from './setting-kinds.ts';
import { port, setting, type SettingSpec } from './setting-spec.ts';

/** Where jobs are kept, and for how long. `postgresql_x` stands in files as `postgresql['x']` (ADDON B.4). */
export const DATABASE_SETTINGS = {
  databaseUrl: {
    ...setting(
      optional(postgresUrl),
      null,
      'URL',
      'The PostgreSQL database; not set: that of postgresql_vip, else an embedded one under dir.',
    ),
    secret: 'url',
  },
  postgresqlVip: setting(
    optional(hostName),
    null,
    'host name',
    'The PostgreSQL server, where database_url is not set.',
  ),
  postgresqlPort: setting(port, 5432, 'TCP port', 'Of that server.'),
  postgresqlDatabaseName: setting(text, 'opscode_pushy', 'name', 'The database there.'),
  postgresqlSqlUser: setting(text, 'opscode_pushy', 'name', 'Who uses it.'),
  postgresqlSqlRoUser: setting(
    text,
    'opscode_pushy_ro',
    'name',
    'Who may only read: where there is such a role, it is granted that at every start.',
  ),
  postgresqlSqlPassword: {
    ...setting(
      optional(text),
      null,
      '',
      'The password of that user; better from the environment, the file below or CHEF_SECRETS_DATA.',
    ),
    secret: true,
  },
  postgresqlSqlPasswordFile: setting(
    optional(absolutePath),
    null,
    'file',
    'Its first line is that password.',
  ),
  dbPoolSize: setting(whole(1, 1000), 20, 'connections', 'To PostgreSQL, at most.'),
  jobRetentionDays: setting(
    optional(number(0.001, 36_500)),
    null,
    'days',
    'Finished jobs older than this are removed; not set: never for their age.',
  ),
  jobRetentionCount: setting(
    optional(whole(1, 100_000_000)),
    null,
    'jobs',
    'Of an organization; the oldest finished ones above it are removed; not set: never.',
  ),
} as const satisfies Record<string, SettingSpec<unknown>>;
