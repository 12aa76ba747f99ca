import type { FuzzTarget } from './target.ts';
import { envelopeTarget, messagesTarget } from './targets/envelope.ts';
import { inboxTarget } from './targets/inbox.ts';
import { duplicateKeyTarget, jobBodyTarget } from './targets/job-body.ts';
import { requestsTarget } from './targets/requests.ts';
import { sessionKeyTarget } from './targets/session-key.ts';
import { signatureTarget } from './targets/signature.ts';
import { smallTextsTarget } from './targets/small-texts.ts';

/** Everything that reads what strangers send. The shares need not make a hundred. */
export async function allTargets(): Promise<FuzzTarget[]> {
  return [
    envelopeTarget(),
    messagesTarget(),
    inboxTarget(),
    signatureTarget(),
    jobBodyTarget(),
    duplicateKeyTarget(),
    smallTextsTarget(),
    sessionKeyTarget(),
    await requestsTarget(),
  ];
}

/** How many of `total` inputs are this target's: never none. */
export function shareOf(target: FuzzTarget, targets: readonly FuzzTarget[], total: number): number {
  const all = targets.reduce((sum, { share }) => sum + share, 0);
  return Math.max(1, Math.ceil((total * target.share) / all));
}
