/**
 * The options of a call, said once: what each takes, what it is when it is left out, and, where a command has it as
 * well, its flag and help text. Types, names, defaults, flags, keys of a config file and variables all come from
 * these fields.
 *
 * Not zod: it takes longer to load than all else that `--version` and `--help` need.
 */
import { CodedError } from './coded-error.js';
import { nearest } from './nearest.js';
import { shown, shownValue } from './printable.js';

/** `needed`: it must be given. `filled`: left out, it is its default. */
export type Presence = 'needed' | 'open' | 'filled';

/** What a field says of itself. */
export interface OptionWords {
  /** Null for what the call itself looks at, such as a callback. */
  type: 'boolean' | 'number' | 'string' | null;
  /** The flag is several words of a command line, or a list in one word, `a,b,c`. */
  several?: 'many' | 'list';
  choices?: readonly (string | number)[];
  presence?: Presence;
  default?: unknown;
  /** Help of the flag; without it there is no flag. */
  describe?: string;
  /** The default as the help shows it. */
  shownDefault?: string;
  /** The flag, where it is called otherwise than the option. */
  flagName?: string;
  /** As in `Flag` of `cli/`. */
  computes?: boolean;
  notFromEnvironment?: boolean;
  orNumber?: boolean;
  /** Which numbers or texts the flag takes, and how that is said. */
  takes?: { words: string; holds(value: unknown): boolean };
  /** The option's value of the flag's text; undefined for a text that is none. */
  read?: (text: string) => unknown;
  /** Which values a program may give instead of such a text. */
  fits?: (value: unknown) => boolean;
  /** What is wrong with such a text. */
  refusal?: (flag: string, text: string) => string;
}

/**
 * One field: `T` is the option's value, `R` what the flag gives, `N` the name of the flag, true for the option's own.
 * Fields do not change; each method gives another one.
 */
export class Option<T, P extends Presence = 'open', R = T, N extends string | boolean = false> {
  declare readonly value: T;
  declare readonly presence: P;
  declare readonly raw: R;
  declare readonly flagName: N;

  constructor(readonly words: OptionWords) {}

  needed(): Option<T, 'needed', R, N> {
    const { default: _, ...words } = this.words;
    return new Option({ ...words, presence: 'needed' });
  }

  optional(): Option<T, 'open', R, N> {
    const { default: _, ...words } = this.words;
    return new Option({ ...words, presence: 'open' });
  }

  default(value: T): Option<T, 'filled', R, N> {
    return new Option({ ...this.words, presence: 'filled', default: value });
  }

  /** How the help shows the default. */
  shows(text: string): Option<T, P, R, N> {
    return new Option({ ...this.words, shownDefault: text });
  }

  /** It is a flag, too, with this help text. */
  flag(describe: string): Option<T, P, R, N extends false ? true : N> {
    return new Option({ ...this.words, describe, computes: false });
  }

  /** As `flag`: one that says how something is computed, and nothing about what is read, written, sent or trusted. */
  computes(describe: string): Option<T, P, R, N extends false ? true : N> {
    return new Option({ ...this.words, describe, computes: true });
  }

  /** The name of the flag, in camel case. */
  named<M extends string>(flagName: M): Option<T, P, R, M> {
    return new Option({ ...this.words, flagName });
  }

  /** No variable sets it: in other commands its name means something else. */
  typedOnly(): Option<T, P, R, N> {
    return new Option({ ...this.words, notFromEnvironment: true });
  }

  /** Text that may be a number, which a config file then gives as one: `32` beside `"32x24"`. */
  orNumber(): Option<T, P, R, N> {
    return new Option({ ...this.words, orNumber: true });
  }

  /** What the flag refuses as soon as it is read. @param words what it takes: `a whole number of at least 1` */
  takes(words: string, holds: (value: R) => boolean): Option<T, P, R, N> {
    return new Option({ ...this.words, takes: { words, holds: holds as (value: unknown) => boolean } });
  }

  /** The flag is a list in one word, `a,b,c`. */
  listed(): Option<T, P, R, N> {
    return new Option({ ...this.words, several: 'list' });
  }

  /** The flag is a text that says the value. `read` gives undefined for one that does not. */
  from<S>(read: (text: string) => S | undefined, refusal?: (flag: string, text: string) => string): Option<S, P, R, N> {
    return new Option({ ...this.words, read, ...(refusal && { refusal }) });
  }
}

export type AnyOption = Option<unknown, Presence, unknown, string | boolean>;
export type Fields = Readonly<Record<string, AnyOption>>;

export const text = () => new Option<string>({ type: 'string' });
export const toggle = () => new Option<boolean>({ type: 'boolean' });
export const number = () => new Option<number>({ type: 'number' });
/** `a,b,c` as a flag. */
export const list = () =>
  text()
    .listed()
    .from((words): readonly string[] => words.split(','));

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type Unit = keyof typeof UNITS;
type TimeText<U extends Unit = Unit> = `${number}${U}`;

/**
 * A length of time: a text such as `7d`, or milliseconds.
 *
 * @param examples for messages @param limits in milliseconds
 */
export function time<U extends Unit>(
  units: readonly U[],
  examples: string,
  { least = 1, most = Number.MAX_VALUE } = {},
) {
  const fits = (value: unknown) => typeof value === 'number' && value >= least && value <= most;
  const read = (given: string): number | undefined => {
    const [, count, unit] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(given) ?? [];
    const value = units.includes(unit as U) ? Number(count) * UNITS[unit as U] : Number.NaN;
    return fits(value) ? value : undefined;
  };
  const refusal = (name: string, given: string) => `${name} ${given}: a time such as ${examples} is needed`;
  return new Option<number, 'open', TimeText<U>>({ type: 'string', read, fits, refusal });
}

/** Words of a command line. */
export const paths = () => new Option<readonly string[], 'open', string[]>({ type: 'string', several: 'many' });
export const oneOf = <const C extends string | number>(...choices: readonly C[]) =>
  new Option<C>({ type: typeof choices[0] === 'number' ? 'number' : 'string', choices });
/** Whatever the call itself looks at: a callback, a signal, an object. */
export const anything = <T>() => new Option<T>({ type: null });

/** @param least the smallest that a flag takes */
export const whole = (least: number) =>
  number().takes(`a whole number of at least ${least}`, (value) => Number.isSafeInteger(value) && value >= least);
export const seconds = () => number().takes('a number of seconds', (value) => value >= 0);

type OpenOptions<F extends Fields, K extends keyof F> = { [P in K]?: Given<F[P]> | undefined };
type NeededOptions<F extends Fields, K extends keyof F> = { [P in K]: Given<F[P]> };
type OpenValues<F extends Fields, K extends keyof F> = { [P in K]?: F[P]['value'] | undefined };
type NeededValues<F extends Fields, K extends keyof F> = { [P in K]: F[P]['value'] };
type NamesWith<F extends Fields, P extends Presence> = {
  [K in keyof F]: F[K]['presence'] extends P ? K : never;
}[keyof F];

type Given<O extends AnyOption> = O['value'] | Extract<O['raw'], TimeText>;

/** What a program gives. */
export type OptionsOf<F extends Fields> = NeededOptions<F, NamesWith<F, 'needed'>> &
  OpenOptions<F, NamesWith<F, 'open' | 'filled'>>;

/** What the call then has: left out, an option is its default. */
export type Settled<F extends Fields> = NeededValues<F, NamesWith<F, 'needed' | 'filled'>> &
  OpenValues<F, NamesWith<F, 'open'>>;

/**
 * Checks names and values, reads texts as the command does, and fills in the defaults. The compiler refuses an option
 * that does not exist only where a program is TypeScript and writes the options in place: in any other, `treads: 4`
 * would leave the threads as they are, in silence. Members that are undefined are as if left out.
 *
 * @param call what the message calls the function: `Embedder.load`
 * @throws CodedError `OPTION_UNKNOWN` naming the option and the nearest known one; `BAD_OPTION`
 */
export function settle<F extends Fields>(call: string, given: OptionsOf<F>, fields: F): Settled<F> {
  return filled(checkedOptions(call, given, fields), fields);
}

/** As `settle`, without the defaults. */
export function checkedOptions<O extends object>(call: string, given: O, fields: Fields): O {
  checkNames(call, given, fields);
  const read = Object.entries(given).map(([name, value]) => [name, readOption(call, name, fields[name]?.words, value)]);
  return Object.fromEntries(read) as O;
}

/** As the command reads it, or as the program gives it. @throws CodedError `BAD_OPTION` */
function readOption(call: string, name: string, words: OptionWords | undefined, given: unknown): unknown {
  if (words === undefined || given === undefined || words.type === null) return given;
  const { type, several, read, fits, refusal, choices, takes } = words;
  if (read !== undefined) {
    const value = typeof given === 'string' ? read(given) : given;
    if (value !== undefined && (typeof given === 'string' || fits?.(given) !== false)) return value;
    throw new CodedError('BAD_OPTION', `${call}: ${refusal?.(name, shown(String(given))) ?? `${name} ${given}`}`);
  }
  if (several === 'many') return given;
  const isChoice = choices?.includes(given as never) ?? typeof given === type;
  if (isChoice && takes?.holds(given) !== false) return given;
  const needed = choices?.join(', ') ?? takes?.words ?? (type === 'string' ? 'a text' : `a ${type}`);
  const meant = choices && nearest(String(given), choices.map(String));
  throw new CodedError('BAD_OPTION', `${call}: ${name} is ${shownValue(given)}, it takes ${needed}`, {
    ...(meant && { hint: `Did you mean ${meant}?` }),
  });
}

/** With the defaults of what is left out. */
export function filled<F extends Fields>(given: OptionsOf<F>, fields: F): Settled<F> {
  const settled: Record<string, unknown> = { ...given };
  for (const [name, { words }] of Object.entries(fields)) {
    if (settled[name] === undefined) settled[name] = words.default;
  }
  return settled as Settled<F>;
}

/** @throws CodedError `OPTION_UNKNOWN`, `BAD_OPTION` */
function checkNames(call: string, given: unknown, fields: Fields): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new CodedError('BAD_OPTION', `${call}: options are an object, not ${shownValue(given)}`);
  }
  const unknown = Object.entries(given).find(([name, value]) => value !== undefined && !Object.hasOwn(fields, name));
  if (unknown === undefined) return;
  const known = Object.keys(fields);
  const meant = nearest(unknown[0], known);
  throw new CodedError('OPTION_UNKNOWN', `${call}: there is no option ${shown(unknown[0])}`, {
    hint: meant === null ? `There are ${known.join(', ')}.` : `Did you mean ${meant}?`,
  });
}

/** The flag of a field: `max-pixels` of `maxPixels`. */
export function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
