import type { Node } from '@ruby/prism/src/nodes.js';
import { notStatic } from './refuse.ts';
import type { Scope } from './scope.ts';
import { isSymbol, type RubyValue } from './values.ts';

/** The value's `to_s`, as interpolation uses it; refused where Ruby's spelling is not certain. */
export function toText(scope: Scope, node: Node, value: RubyValue): string {
  const text = textOf(value, scope.reading.integralFloats);
  if (text === undefined) throw notStatic(scope, node, 'this value has no plain text form');
  return text;
}

/** The value's `to_s`, or undefined where it is not certain. */
export function textOf(value: RubyValue, integralFloats: ReadonlySet<number>): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return numberText(value, integralFloats);
  return isSymbol(value) ? value.name : undefined;
}

/** Ruby writes floats below 0.0001 and from 1e16 with an exponent, JavaScript elsewhere. */
function numberText(value: number, integralFloats: ReadonlySet<number>): string | undefined {
  if (Number.isInteger(value)) return integralFloats.has(value) ? undefined : String(value);
  return Math.abs(value) >= 1e-4 ? String(value) : undefined;
}
