/**
 * Checks of JSON values by their shape, with the type that follows from it. A library for this costs an agent 1 to
 * 25 MB that it would hold all its life; these few lines cost nothing.
 */

/** Tells whether a value has a shape. */
export type Shape<T> = (value: unknown) => value is T;

/** A member that may be missing. */
interface Optional<T> {
  readonly ifThere: Shape<T>;
}

type Fields = Readonly<Record<string, Shape<unknown> | Optional<unknown>>>;
type Required<F extends Fields> = {
  [K in keyof F as F[K] extends Optional<unknown> ? never : K]: F[K] extends Shape<infer T>
    ? T
    : never;
};
type Possible<F extends Fields> = {
  [K in keyof F as F[K] extends Optional<unknown> ? K : never]?: F[K] extends Optional<infer T>
    ? T
    : never;
};
type Members<F extends Fields> = {
  [K in keyof (Required<F> & Possible<F>)]: (Required<F> & Possible<F>)[K];
};

/** The type of the values that a shape lets through. */
export type TypeOf<S> = S extends Shape<infer T> ? T : never;

/** Any text. */
export function text(value: unknown): value is string {
  return typeof value === 'string';
}

/** A text that is not empty. */
export function someText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A number, as JSON has them: finite. */
export function number(value: unknown): value is number {
  return Number.isFinite(value);
}

/** A number without fraction. */
export function integer(value: unknown): value is number {
  return Number.isInteger(value);
}

/** `true` or `false`. */
export function boolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

/** One of these texts. */
export function oneOf<T extends string>(...choices: readonly T[]): Shape<T> {
  return (value): value is T => choices.some((choice) => choice === value);
}

/** One of these shapes. */
export function anyOf<S extends readonly Shape<unknown>[]>(...shapes: S): Shape<TypeOf<S[number]>> {
  return (value): value is TypeOf<S[number]> => shapes.some((shape) => shape(value));
}

/** `null`, or this shape. */
export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value): value is T | null => value === null || shape(value);
}

/** A list of this shape. */
export function listOf<T>(shape: Shape<T>): Shape<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(shape);
}

/** An object that holds nothing but this shape, under any names. */
export function recordOf<T>(shape: Shape<T>): Shape<Record<string, T>> {
  return (value): value is Record<string, T> =>
    isObject(value) && Object.values(value).every(shape);
}

/** A member that may be missing; where it is there, it has this shape. */
export function optional<T>(shape: Shape<T>): Optional<T> {
  return { ifThere: shape };
}

/** An object with these members, and any others. */
export function object<F extends Fields>(fields: F): Shape<Members<F>> {
  const members = Object.entries(fields).map(([name, field]) => {
    const isNeeded = typeof field === 'function';
    return { name, isNeeded, shape: isNeeded ? field : field.ifThere };
  });
  return (value): value is Members<F> => {
    if (!isObject(value)) return false;
    for (const { name, isNeeded, shape } of members) {
      const isThere = Object.hasOwn(value, name);
      if (isThere ? !shape(value[name]) : isNeeded) return false;
    }
    return true;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
