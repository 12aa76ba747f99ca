/** Why a configuration file was refused. */
export type RubyConfigErrorCode =
  | 'syntax'
  | 'not_static'
  | 'unquoted_word'
  | 'assignment_trap'
  | 'block_trap'
  | 'raised'
  | 'include'
  | 'too_deep';

/** What a refusal is made of. */
export interface Refusal {
  readonly code: RubyConfigErrorCode;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** What was wrong: a clause without a full stop. */
  readonly problem: string;
  /** What to do: a sentence. */
  readonly advice: string;
  /** What Ruby itself raises here, where that is sure. */
  readonly raises?: RubyException;
  readonly cause?: unknown;
}

/** Exceptions that a file may rescue, of what is known here. */
export type RubyException = 'LoadError' | 'Errno::ENOENT' | 'FrozenError' | 'RuntimeError';

/** A configuration file that cannot be read without running Ruby, or that Ruby would refuse too. */
export class RubyConfigError extends Error {
  readonly code: RubyConfigErrorCode;
  readonly file: string;
  readonly line: number;
  readonly problem: string;
  readonly advice: string;
  readonly raises: RubyException | undefined;

  constructor(refusal: Refusal) {
    super(
      `${refusal.file}:${refusal.line}: ${refusal.problem}. ${refusal.advice}`,
      refusal.cause === undefined ? undefined : { cause: refusal.cause },
    );
    this.name = 'RubyConfigError';
    this.code = refusal.code;
    this.file = refusal.file;
    this.line = refusal.line;
    this.problem = refusal.problem;
    this.advice = refusal.advice;
    this.raises = refusal.raises;
  }
}
