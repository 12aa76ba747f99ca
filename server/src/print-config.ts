import type { EffectiveSetting, InspectedConfig } from './config.ts';

/** What a look at the configuration prints, and the exit code of the program. */
export interface Printed {
  out: string;
  err: string;
  code: 0 | 1;
}

/** `--check-config`: every problem and every warning, one a line. */
export function checkReport({ problems, warnings }: InspectedConfig): Printed {
  const lines = [...said({ problems, warnings })];
  if (problems.length === 0) lines.push('The configuration can be used.');
  return { out: text(lines), err: '', code: problems.length === 0 ? 0 : 1 };
}

/** `--print-config`: every setting, its value and where it comes from; secrets are hidden. */
export function printReport(inspected: InspectedConfig, format: 'human' | 'json'): Printed {
  const { effective } = inspected;
  const out = format === 'json' ? `${JSON.stringify(effective, null, 2)}\n` : table(effective);
  const code = inspected.problems.length === 0 ? 0 : 1;
  return { out, err: text([...said(inspected)]), code };
}

function said({ problems, warnings }: Pick<InspectedConfig, 'problems' | 'warnings'>): string[] {
  return [...problems.map((p) => `problem: ${p}`), ...warnings.map((w) => `warning: ${w}`)];
}

function table(settings: readonly EffectiveSetting[]): string {
  const rows = settings.map(({ name, value, origin }) => [
    name,
    value === null ? '-' : String(value),
    origin,
  ]);
  const width = (column: number): number =>
    Math.max(...rows.map((row) => (row[column] ?? '').length));
  const widths = [width(0), width(1)];
  return text(
    rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  );
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
