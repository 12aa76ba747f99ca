import type { Db, Statement } from './db.ts';
import { DbError } from './db-error.ts';

interface Rights {
  role: string;
  database: string;
  /** Roles that own tables which this one may not change. */
  owners: string[];
  creates: boolean;
}

const READ_RIGHTS: Statement<Rights> = {
  name: 'schema-rights',
  text: `
    select current_user::text as role, current_database()::text as database,
      array(
        select distinct pg_get_userbyid(c.relowner)::text from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
          and c.relname = any ($1::text[]) and not pg_has_role(c.relowner, 'usage')
      ) as owners,
      has_schema_privilege('public', 'create') as creates`,
};
/** The tables of this connection's role, and the roles of the list that others serve with. */
const READ_GRANTS: Statement<{ sql: string }> = {
  name: 'schema-grants',
  text: `
    select format('grant %s on %s to %I;', g.rights, string_agg(c.oid::regclass::text, ', '), r.rolname) as sql
    from (
      select unnest($1::text[]) as role, 'select, insert, update, delete' as rights
      union select unnest($2::text[]), 'select'
    ) g
      join pg_roles r on r.rolname = g.role and r.rolname <> current_user
      cross join pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and pg_has_role(c.relowner, 'usage')
      and c.relname = any ($3::text[])
    group by g.rights, r.rolname
    order by r.rolname`,
};
/** Roles of a Push Jobs database (ADDON A.7): who serves, and who looks. */
const SERVES = 'opscode_pushy';
export const LOOKS = 'opscode_pushy_ro';

/** Our tables; there may be others in the schema that belong to somebody else. */
export const TABLES: readonly string[] = [
  'admissions',
  'directory_group_members',
  'directory_groups',
  'directory_organizations',
  'directory_principals',
  'job_events',
  'job_nodes',
  'job_options',
  'job_output',
  'job_status',
  'jobs',
  'node_generations',
  'org_events',
  'pushy_migrations',
  'sealing_keys',
];

/** Refuses, with the command that helps, where this role may not change the tables. */
export async function refuseWithoutRights(db: Db): Promise<void> {
  const [rights] = await db.query(READ_RIGHTS, [TABLES]);
  if (rights === undefined || (rights.owners.length === 0 && rights.creates)) return;
  const { role, database, owners } = rights;
  const why =
    owners.length > 0
      ? `its tables belong to ${owners.join(', ')}, and ${role} may not change them`
      : `${role} may not make tables in it`;
  throw new DbError(
    'not_owner',
    `The database ${database} must be brought to this version, but ${why}. Make a backup, stop the server that ` +
      'used it, and run once: opscode-push-jobs-server-ctl migrate --owner-url ' +
      `postgres://${owners[0] ?? 'OWNER'}@HOST:PORT/${database} . Nothing was changed.`,
  );
}

/** Lets the roles of a Push Jobs database use our tables: `serveAs` serves as well, `lookAs` looks (Decision 15). */
export async function grantTables(
  db: Db,
  serveAs: readonly string[],
  lookAs: string,
): Promise<void> {
  const grants = await db.query(READ_GRANTS, [[SERVES, ...serveAs], [lookAs], TABLES]);
  for (const { sql } of grants) await db.script(sql);
}
