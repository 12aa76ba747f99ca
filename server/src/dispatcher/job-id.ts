import { createHash } from 'node:crypto';

/**
 * A job id of 32 lower-case hex characters (REFERENCE 10): the last 12 of the organization's guid, then the
 * first 80 bits of MD5(guid + 32 + 6 random bytes). `random` holds those 38 bytes. MD5 only spreads them.
 */
export function makeJobId(orgId: string, random: Buffer): string {
  const digest = createHash('md5').update(orgId).update(random).digest('hex');
  return orgPart(orgId) + digest.slice(0, 20);
}

/** A guid that does not end in hex (an organization of another backend) is hashed, so that the id keeps its form. */
function orgPart(orgId: string): string {
  const end = orgId.slice(-12);
  if (/^[0-9a-f]{12}$/.test(end)) return end;
  return createHash('md5').update(orgId).digest('hex').slice(-12);
}
