import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

/** The organization's name as URLs have it: nginx lets no other through (REFERENCE 2). */
const ORG = '^[a-z0-9][a-z0-9_-]{0,254}$';
/** Names that stand in a URL as they are: segments are not percent-decoded (REFERENCE 2). */
const NAME = '^[A-Za-z0-9_.:-]{1,255}$';

const org = Type.String({ pattern: ORG });
const name = Type.String({ pattern: NAME });
const type = Type.Enum(['user', 'client']);
const memberType = Type.Optional(Type.Enum(['user', 'client', 'group']));

/** What the directory commands ask for. */
const DIRECTORY_OPERATION = Type.Union([
  Type.Object({ do: Type.Literal('org-add'), org }),
  Type.Object({
    do: Type.Literal('principal-add'),
    org,
    name,
    type,
    /** SPKI, PEM. */
    publicKey: Type.String({ maxLength: 10_000 }),
    admin: Type.Boolean(),
  }),
  Type.Object({ do: Type.Literal('principal-remove'), org, name, type }),
  Type.Object({ do: Type.Literal('group-add'), org, group: name }),
  Type.Object({ do: Type.Literal('member-add'), org, group: name, name, type: memberType }),
  Type.Object({ do: Type.Literal('member-remove'), org, group: name, name, type: memberType }),
  Type.Object({ do: Type.Literal('list'), org }),
]);
export type DirectoryOperation = Static<typeof DIRECTORY_OPERATION>;

/** What the commands ask for that change the secrets of the server (Decision 11). */
const SECRETS_OPERATION = Type.Object({
  do: Type.Enum(['sealing-key-rotate', 'session-keys-rotate', 'incarnation-renew']),
});
export type SecretsOperation = Static<typeof SECRETS_OPERATION>;

/** The language of the control socket. */
export type Operation = DirectoryOperation | SecretsOperation;

/** What came of it, for the person who asked. */
export const OUTCOME = Type.Object({ ok: Type.Boolean(), message: Type.String() });
export type Outcome = Static<typeof OUTCOME>;

const directoryOperation = Compile(DIRECTORY_OPERATION);
const secretsOperation = Compile(SECRETS_OPERATION);
const outcome = Compile(OUTCOME);

/** Reads an operation; the text says what is wrong with it. */
export function readOperation(value: unknown): Operation | string {
  if (directoryOperation.Check(value) || secretsOperation.Check(value)) return value;
  const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const wrong = fields.find(([key, v]) => !isName(key, v));
  return wrong === undefined
    ? 'this operation is not known'
    : `${JSON.stringify(wrong[1])} cannot be a name here: letters, digits, . : _ and - ` +
        '(organizations: small letters, digits, _ and -)';
}

/** True for an operation that is of use with a Chef server, too. */
export function isAboutSecrets(operation: Operation): operation is SecretsOperation {
  return secretsOperation.Check(operation);
}

function isName(key: string, value: unknown): boolean {
  if (typeof value !== 'string' || !['org', 'name', 'group'].includes(key)) return true;
  return new RegExp(key === 'org' ? ORG : NAME).test(value);
}

/** Reads an outcome from the control socket; undefined for anything else. */
export function readOutcome(value: unknown): Outcome | undefined {
  return outcome.Check(value) ? value : undefined;
}
