/** The place of a request among those that are being answered. */
export interface Place {
  leave(): void;
  /** False: there is no room any more, or nobody who waits for the answer. */
  comeBack(): Promise<boolean>;
}

/** The places of those whose answer has not begun, by their reply. */
const places = new WeakMap<object, Place>();

/** This reply has a place until its answer begins, be it one that goes on for hours. */
export function holdPlace(reply: object, place: Place): void {
  places.set(reply, place);
}

/** Says that the answer begins. */
export function answerBegins(reply: object): void {
  places.get(reply)?.leave();
  places.delete(reply);
}

/** Waits for something slow without its place; false when it gets none afterwards. */
export async function outside(reply: object, wait: () => Promise<void>): Promise<boolean> {
  const place = places.get(reply);
  place?.leave();
  await wait();
  return place === undefined || place.comeBack();
}
