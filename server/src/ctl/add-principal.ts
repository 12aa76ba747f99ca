import type { Door } from './door.ts';
import { makeNewKey } from './new-key.ts';
import type { Output } from './output.ts';

/** Adds a user or the client of a node with a fresh key; the private half goes to `keyFile` or is printed. */
export async function addPrincipal(
  door: Door,
  output: Output,
  who: { org: string; name: string; type: 'user' | 'client'; admin: boolean },
  keyFile: string | undefined,
): Promise<void> {
  const key = await makeNewKey(keyFile);
  try {
    output.say(await door({ do: 'principal-add', ...who, publicKey: key.publicKey }));
  } catch (error) {
    await key.discard();
    throw error;
  }
  if (key.privateKey !== undefined) output.result(key.privateKey);
  else output.say(`The private key is in ${keyFile ?? ''}.`);
}
