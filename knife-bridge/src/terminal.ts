/** Where a command's words go. */
export interface Terminal {
  out(chunk: string | Uint8Array): void;
  err(text: string): void;
  /** True when a person reads standard output on a terminal. */
  readonly isTty: boolean;
  /** Characters in a line of that terminal. */
  columns(): number;
}

const STYLES = { red: '31;1', yellow: '33;1', cyan: '36' } as const;
/** Paints a text, or leaves it alone. */
export type Paint = (text: string, style: keyof typeof STYLES) => string;

/** Colours for a terminal; none where nobody sees them. */
export function makePaint(colours: boolean): Paint {
  return colours ? (text, style) => `\u001B[${STYLES[style]}m${text}\u001B[0m` : (text) => text;
}

/** The three kinds of word on standard error, as knife says them. */
export interface Notices {
  error(message: string): void;
  warning(message: string): void;
  info(message: string): void;
}

/** Further lines of a message stand under the first one's text, after its `ERROR: `. */
export function makeNotices(terminal: Terminal, paint: Paint): Notices {
  const say = (label: string, style: 'red' | 'yellow', message: string): void => {
    const [first = '', ...rest] = message.split('\n');
    terminal.err(`${paint(`${label}:`, style)} ${first}\n`);
    const margin = ' '.repeat(label.length + 2);
    for (const line of rest) terminal.err(`${margin}${line}\n`);
  };
  return {
    error: (message) => {
      say('ERROR', 'red', message);
    },
    warning: (message) => {
      say('WARNING', 'yellow', message);
    },
    info: (message) => {
      terminal.err(`${message}\n`);
    },
  };
}
