import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/db.ts';
import { findGroup } from '../db/find-group.ts';
import { findOrganization } from '../db/find-organization.ts';
import { findPrincipals } from '../db/find-principals.ts';
import { findRequesters } from '../db/find-requesters.ts';
import { listPrincipals } from '../db/list-principals.ts';
import { makeChefApi } from '../directory/chef-api.ts';
import { makeChefServerDirectory } from '../directory/chef-server.ts';
import type { Directory } from '../directory/directory.ts';
import { makeGoiardiDirectory } from '../directory/goiardi.ts';
import {
  watchGroupNames,
  type MisspeltGroupsDeps,
  type GroupWatchingDirectory,
} from '../directory/misspelt-groups.ts';
import { makeStandaloneDirectory } from '../directory/standalone.ts';

interface DirectoryDeps {
  db: Db;
  clock: Clock;
  log: MisspeltGroupsDeps['log'];
}

/** Who is who: the configured Chef server's answer, or our own tables; watched for groups under a wrong name. */
export function openDirectory(config: Config, deps: DirectoryDeps): GroupWatchingDirectory {
  return watchGroupNames(openPlain(config, deps), deps);
}

function openPlain(config: Config, deps: DirectoryDeps): Directory {
  const { db, clock, log } = deps;
  const { chefServerUrl, chefSuperuserPem, chefBackend } = config;
  if (chefServerUrl === undefined || chefSuperuserPem === undefined) {
    return makeStandaloneDirectory({
      findOrganization: (name) => findOrganization(db, name),
      findPrincipals: (orgId, name) => findPrincipals(db, orgId, name),
      listNodes: async (orgId) =>
        (await listPrincipals(db, orgId))
          .filter(({ type }) => type === 'client')
          .map(({ name }) => name),
      findGroup: (orgId, name) => findGroup(db, orgId, name),
      findRequesters: (asked, groups) => findRequesters(db, asked, groups),
    });
  }
  const api = makeChefApi(
    {
      url: chefServerUrl,
      signer: { userId: config.chefSuperuser, key: chefSuperuserPem },
      chefVersion: config.chefApiVersion,
      verifyTls: config.chefVerifyTls,
      deadline: config.chefTimeout * 1000,
      connections: config.ibrowseMaxSessions,
      pipelining: config.ibrowseMaxPipelineSize,
      ...(config.chefCaPem === undefined ? {} : { ca: config.chefCaPem }),
    },
    clock,
  );
  return chefBackend === 'goiardi'
    ? makeGoiardiDirectory({ api, clock, org: config.chefOrg })
    : makeChefServerDirectory({
        api,
        clock,
        log,
        backend: chefBackend,
        groupReuse: config.groupReuseTime,
      });
}
