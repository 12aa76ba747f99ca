import { refuse, type Judged } from './answer.ts';

/** Values of a query by name; only those that the schema names and the request gave. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The keywords of JSON Schema that members of a query are described with. */
interface Member {
  type?: string;
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

/** What of a query is read: the part of a JSON schema of an object that matters here. */
export interface QuerySchema {
  properties: Readonly<Record<string, Member>>;
}

/**
 * Reads the members that `schema` names, each a text, a whole number, `true` or `false`, or one word of several. Of a
 * name given twice the first counts; what the schema does not name is ignored, as the reference ignored all of it.
 */
export function readQuery(
  schema: QuerySchema | undefined,
  given: Readonly<Record<string, unknown>>,
): Judged<Query> {
  const query: Record<string, string | number | boolean> = {};
  for (const [name, member] of Object.entries(schema?.properties ?? {})) {
    const value: unknown = given[name];
    const text: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof text !== 'string') continue;
    const read = readValue(member, text);
    if (!read.ok) return refuse(400, `invalid value for ${name} (expected ${read.wanted})`);
    query[name] = read.value;
  }
  return { ok: true, value: query };
}

type Read = { ok: true; value: string | number | boolean } | { ok: false; wanted: string };

function readValue(member: Member, text: string): Read {
  if (member.enum !== undefined) {
    return member.enum.includes(text)
      ? { ok: true, value: text }
      : { ok: false, wanted: member.enum.join(', ') };
  }
  switch (member.type ?? 'string') {
    case 'boolean':
      return text === 'true' || text === 'false'
        ? { ok: true, value: text === 'true' }
        : { ok: false, wanted: 'true or false' };
    case 'integer': {
      const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = member;
      const value = /^\d{1,16}$/.test(text) ? Number(text) : -1;
      return value >= minimum && value <= maximum
        ? { ok: true, value }
        : { ok: false, wanted: `a whole number from ${minimum} to ${maximum}` };
    }
    default: {
      const { maxLength = Number.MAX_SAFE_INTEGER } = member;
      return text.length <= maxLength
        ? { ok: true, value: text }
        : { ok: false, wanted: `at most ${maxLength} characters` };
    }
  }
}
