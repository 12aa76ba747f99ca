/** How to reach PostgreSQL, as the settings say it. */
export interface DatabaseSettings {
  readonly databaseUrl: string | undefined;
  readonly postgresqlVip: string | undefined;
  readonly postgresqlPort: number;
  readonly postgresqlDatabaseName: string;
  readonly postgresqlSqlUser: string;
  readonly password: string | undefined;
}

/** `database_url`, else the URL that the pieces make; undefined for the embedded database. */
export function databaseOf(settings: DatabaseSettings): string | undefined {
  const { databaseUrl, postgresqlVip: host, postgresqlPort: port, password } = settings;
  if (databaseUrl !== undefined || host === undefined) return databaseUrl;
  const user = encodeURIComponent(settings.postgresqlSqlUser);
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  const database = encodeURIComponent(settings.postgresqlDatabaseName);
  return `postgres://${user}${secret}@${host}:${port}/${database}`;
}
