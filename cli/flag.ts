/** What a flag is, and what its value may be, wherever it comes from: typed, a variable, a config file. */
import type { Options } from 'yargs';
import { dashed, type Fields, type OptionWords, type Settled, shownValue } from '../base/index.js';
import { UsageError } from './usage-error.js';

export interface Flag extends Options {
  /** Its text is a list, `a,b,c`, which a config file may also give as a JSON list. */
  list?: true;
  /** It says only how something is computed or shown: a config file found in the working directory may set it. */
  computes?: boolean;
  /** No variable sets it: those are shared by all commands, and its name means something else elsewhere. */
  notFromEnvironment?: true;
  /** Its text, or a part of its list, may be a number. Any other text that a config file gives as a number is a slip. */
  orNumber?: true;
}

export type Flags = Record<string, Flag>;

type FlagNames<F extends Fields> = { [K in keyof F]: F[K]['flagName'] extends false ? never : K }[keyof F];
type NameOf<K, N> = N extends string ? N : K;
type Given<F extends Fields> = { [K in FlagNames<F>]: F[K]['presence'] extends 'open' ? never : K }[FlagNames<F>];

/** The values of flags as yargs gives them. */
export type ArgsOf<F extends Fields> = { [K in Given<F> as NameOf<K, F[K]['flagName']>]: F[K]['raw'] } & {
  [K in Exclude<FlagNames<F>, Given<F>> as NameOf<K, F[K]['flagName']>]?: F[K]['raw'] | undefined;
};

export function flagged<F extends Fields>(fields: F): Pick<F, FlagNames<F>> {
  const kept = Object.entries(fields).filter(([, { words }]) => words.describe !== undefined);
  return Object.fromEntries(kept) as Pick<F, FlagNames<F>>;
}

/** The flags of the fields that have one, by the names that people type. */
export function flagsFrom(fields: Fields): Flags {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, { words }]) => words.describe !== undefined)
      .map(([name, { words }]) => [dashed(words.flagName ?? name), words] as const)
      .map(([name, words]) => [name, flagFrom(name, words)]),
  );
}

function flagFrom(name: string, words: OptionWords): Flag {
  const { several, default: value, shownDefault, computes, notFromEnvironment, orNumber, takes, choices } = words;
  const type = words.type ?? 'string';
  return {
    ...{ type, describe: words.describe as string },
    ...(several === 'many' && { array: true }),
    ...(several === 'list' && { list: true }),
    ...(type !== 'boolean' && { requiresArg: true }),
    ...(choices && { choices }),
    ...(words.presence === 'needed' && { demandOption: true }),
    ...(value !== undefined && { default: several === 'list' ? String(value) : value }),
    ...(shownDefault && { defaultDescription: shownDefault }),
    ...(computes && { computes }),
    ...(notFromEnvironment && { notFromEnvironment }),
    ...(orNumber && { orNumber }),
    ...(takes && { coerce: (given: unknown) => taken(name, type, given, takes) }),
  };
}

function taken(name: string, type: Flag['type'], given: unknown, takes: NonNullable<OptionWords['takes']>): unknown {
  if (given === undefined) return undefined;
  const value = type === 'number' ? Number(given) : String(given);
  if (takes.holds(value)) return value;
  throw new UsageError(`--${name} takes ${takes.words}, not ${String(given)}`);
}

/** The options that flags say, as the call takes them. @throws UsageError for a text that says none */
export function valuesOf<F extends Fields>(
  fields: F,
  args: ArgsOf<F>,
): Pick<Settled<F>, FlagNames<F> & keyof Settled<F>> {
  const given = args as Record<string, unknown>;
  const values: Record<string, unknown> = {};
  for (const [name, { words }] of Object.entries(fields)) {
    const flag = words.flagName ?? name;
    if (words.describe !== undefined && given[flag] !== undefined) values[name] = readValue(flag, words, given[flag]);
  }
  return values as ReturnType<typeof valuesOf<F>>;
}

function readValue(flag: string, { read, refusal }: OptionWords, given: unknown): unknown {
  if (read === undefined) return given;
  const value = read(given as string);
  if (value !== undefined) return value;
  throw new UsageError(refusal?.(`--${dashed(flag)}`, given as string) ?? `--${dashed(flag)} ${given}`);
}

type Single = string | number | boolean;

/**
 * A value that was not typed, as yargs makes it of what is typed. @throws UsageError
 * @param place what gave the value: a variable, or a name in a file
 * @param given text, or a value of JSON
 */
export function settingOf(place: string, flag: Flag, given: unknown): Single | Single[] {
  if (flag.array) return many(place, given).map((one) => settled(place, flag, one));
  if (flag.list && Array.isArray(given))
    return settled(place, flag, many(place, given).map(partOf(place, flag)).join(','));
  return settled(place, flag, given);
}

function many(place: string, given: unknown): unknown[] {
  if (!Array.isArray(given)) return [given];
  if (given.length === 0) throw new UsageError(`${place} is an empty list`);
  return given;
}

/** A part of a list must not become two, or none. */
function partOf(place: string, { orNumber }: Flag): (part: unknown) => string {
  return (part) => {
    if (orNumber && typeof part === 'number') return String(part);
    if (typeof part === 'string' && part !== '' && !part.includes(',')) return part;
    const takes = `text without commas${orNumber ? ', or numbers' : ''}`;
    throw new UsageError(`${place} has ${found(part)} in its list, it takes ${takes}`);
  };
}

function settled(place: string, flag: Flag, given: unknown): Single {
  const value = typed(place, flag, given);
  const choices: readonly unknown[] | undefined = flag.choices;
  if (choices?.includes(value) === false) throw wrong(place, given, choices.join(', '));
  try {
    flag.coerce?.(value);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${place}: ${error.message}`, error.hint ?? undefined) : error;
  }
  return value;
}

/** Text or a value of JSON as the type of the flag. @throws UsageError */
export function typed(place: string, flag: Flag, given: unknown): Single {
  if (flag.type === 'boolean') {
    if (given === true || given === 'true') return true;
    if (given === false || given === 'false') return false;
    throw wrong(place, given, 'true or false');
  }
  const takesNumber = flag.type === 'number' || flag.orNumber || flag.choices !== undefined;
  const text = typeof given === 'number' && takesNumber ? String(given) : given;
  if (flag.type === 'number') {
    if (typeof text === 'string' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
    throw wrong(place, given, 'a number');
  }
  if (typeof text === 'string' && text !== '') return text;
  throw wrong(place, given, flag.list ? 'text or a list' : 'text');
}

function wrong(place: string, given: unknown, takes: string): UsageError {
  return new UsageError(`${place} is ${found(given)}, it takes ${takes}`);
}

function found(given: unknown): string {
  return Number.isFinite(given) ? `the number ${given}` : shownValue(given);
}

/** The first of the flags with another value than its default, as typed; null for none. @param names as in `options` */
export function givenFlag(args: object, options: Readonly<Flags>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = (args as Record<string, unknown>)[camelCase(name)];
    if (value !== undefined && value !== options[name]?.default) return value === false ? `--no-${name}` : `--${name}`;
  }
  return null;
}

export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
