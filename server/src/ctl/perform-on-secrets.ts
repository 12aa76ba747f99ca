import type { Outcome, SecretsOperation } from './operations.ts';

/** Changes of the secrets; each is in their file when it resolves. */
interface Rotation {
  sealingKey(announce: (keyId: number) => Promise<void>): Promise<number>;
  sessionKeys(): Promise<{ epoch: number }>;
  incarnation(): Promise<{ incarnationId: string }>;
}

/** Carries out one operation on the secrets. `announce` writes down a new sealing key before it is used. */
export async function performOnSecrets(
  rotate: Rotation,
  operation: SecretsOperation,
  announce: (keyId: number) => Promise<void>,
): Promise<Outcome> {
  return { ok: true, message: await carryOut(rotate, operation, announce) };
}

async function carryOut(
  rotate: Rotation,
  operation: SecretsOperation,
  announce: (keyId: number) => Promise<void>,
): Promise<string> {
  switch (operation.do) {
    case 'sealing-key-rotate': {
      const keyId = await rotate.sealingKey(announce);
      return `New values are sealed with key ${keyId}; older keys still open what they sealed. Back the secrets up.`;
    }
    case 'session-keys-rotate': {
      const { epoch } = await rotate.sessionKeys();
      return `Session keys are of epoch ${epoch}: every node fetches its new one. Back the secrets up.`;
    }
    case 'incarnation-renew': {
      const { incarnationId } = await rotate.incarnation();
      return `The incarnation is ${incarnationId}: every node fetches its configuration.`;
    }
  }
}
