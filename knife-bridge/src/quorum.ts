const QUORUM = /^(\d+)(%?)$/;

/** Nodes that must commit: a count, or a percentage of `total` rounded up; undefined for any other text. */
export function readQuorum(text: string, total: number): number | undefined {
  const match = QUORUM.exec(text);
  if (match === null) return undefined;
  const number = Number(match[1]);
  // Multiplied before divided: 7 % of 100 nodes is 7, while 7 / 100 * 100 is a little more and rounds up to 8.
  return match[2] === '%' ? Math.ceil((number * total) / 100) : number;
}
