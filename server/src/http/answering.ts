/** What waits for an answer to begin, by its reply. */
const waiting = new WeakMap<object, () => void>();

/** Calls `action` when the answer of this reply begins, be it one that goes on for hours. */
export function onAnswer(reply: object, action: () => void): void {
  waiting.set(reply, action);
}

/** Says that the answer begins. */
export function answerBegins(reply: object): void {
  waiting.get(reply)?.();
  waiting.delete(reply);
}
