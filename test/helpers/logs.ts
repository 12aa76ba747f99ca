/** One line that a log was given. */
export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  fields: object;
  message: string;
}

/** A log that keeps its lines for the test to look at. */
export function makeLog(): Record<LogLine['level'], (fields: object, message: string) => void> & {
  lines: LogLine[];
} {
  const lines: LogLine[] = [];
  const at = (level: LogLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A log for tests that do not look at it. */
export const quietLog = makeLog();
