export { nearestName } from './nearest.ts';
export { readRubyConfig } from './reader.ts';
export { RubyConfigError, type Refusal, type RubyConfigErrorCode } from './errors.ts';
export type { ReadOptions, RubyConfig, Setting, Warning, EntryPlace } from './types.ts';
export {
  getEntry,
  isHash,
  isSymbol,
  toPlain,
  type RubyConstant,
  type RubyHash,
  type RubyRegexp,
  type RubySymbol,
  type RubyValue,
} from './values.ts';
