/** Where a command writes: results can be piped on, remarks are for eyes. */
export interface Output {
  /** Standard output, as it is. */
  result(text: string): void;
  /** Standard error, a line. */
  say(line: string): void;
}
