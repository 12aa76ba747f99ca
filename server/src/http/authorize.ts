import { refuse, type Judged } from './answer.ts';
import type { Principal } from './authenticate.ts';

/** What authorization asks the directory (REFERENCE 6). */
export interface Groups {
  membership(
    org: string,
    who: Pick<Principal, 'name' | 'type'>,
    group: string,
  ): Promise<'member' | 'not_member' | 'no_group'>;
}

/** What a request wants to do. `node` is the node whose configuration is asked for. */
export type Action = { kind: 'read' } | { kind: 'write' } | { kind: 'configure'; node: string };

export interface AuthorizeSettings {
  /** A client reads the configuration of the node of its own name alone. */
  validateClientNodeName: boolean;
}

type Who = Pick<Principal, 'name' | 'type'>;

/** Groups and names (REFERENCE 3 step 9, 6). Readers and writers are independent. */
export function makeAuthorize(directory: Groups, settings: AuthorizeSettings) {
  const isIn = (org: string, who: Who, group: string) => directory.membership(org, who, group);

  const mayRead = async (org: string, who: Who): Promise<boolean> =>
    (await isIn(org, who, 'pushy_job_readers')) !== 'not_member';

  const mayWrite = async (org: string, who: Who): Promise<boolean> => {
    const writer = await isIn(org, who, 'pushy_job_writers');
    // Without the group it is the admins; without those it is nobody (H11).
    return (writer === 'no_group' ? await isIn(org, who, 'admins') : writer) === 'member';
  };

  return async (org: string, who: Who, action: Action): Promise<Judged<true>> => {
    if (action.kind === 'configure' && who.type === 'client') {
      const mismatch = settings.validateClientNodeName && who.name !== action.node;
      return mismatch ? refuse(403, 'Client and node name must match') : { ok: true, value: true };
    }
    const may = action.kind === 'write' ? await mayWrite(org, who) : await mayRead(org, who);
    if (may) return { ok: true, value: true };
    return refuse(
      403,
      `User or client '${who.name}' does not have access to that action on this server.`,
    );
  };
}
