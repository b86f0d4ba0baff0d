/** What a flag is, and what its value may be, wherever it comes from: typed, a variable, a config file. */
import type { Options } from 'yargs';
import { shownValue } from '../base/index.js';
import { UsageError } from './usage-error.js';

export interface Flag extends Options {
  /** Its text is a list, `a,b,c`, which a config file may also give as a JSON list. */
  list?: true;
  /**
   * It says how something is computed or shown, and nothing about what is read, written, run, sent, deleted or trusted. Only
   * such flags may be set by a config file that merely lies in the working directory.
   */
  computes?: boolean;
  /** No variable sets it: those are shared by all commands, and its name means something else elsewhere. */
  notFromEnvironment?: true;
}

export type Flags = Record<string, Flag>;

/** The flags, each marked as one that only says how something is computed. */
export function computing(flags: Flags): Flags {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, computes: true }]));
}

type Single = string | number | boolean;

/**
 * A value that was not typed, as yargs makes it of what is typed: the flag then does the same.
 * @param place what gave the value: a variable, or a name in a file
 * @param given text, or a value of JSON
 * @throws UsageError
 */
export function settingOf(place: string, flag: Flag, given: unknown): Single | Single[] {
  if (flag.array) return many(place, given).map((one) => settled(place, flag, one));
  if (flag.list && Array.isArray(given)) return settled(place, flag, many(place, given).map(partOf(place)).join(','));
  return settled(place, flag, given);
}

function many(place: string, given: unknown): unknown[] {
  if (!Array.isArray(given)) return [given];
  if (given.length === 0) throw new UsageError(`${place} is an empty list`);
  return given;
}

/** A part of a list must not become two, or none. */
function partOf(place: string): (part: unknown) => string {
  return (part) => {
    if (typeof part === 'number' || (typeof part === 'string' && part !== '' && !part.includes(',')))
      return String(part);
    throw new UsageError(`${place} has ${shownValue(part)} in its list, it takes text without commas, or numbers`);
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

/**
 * Text or a value of JSON as the type of the flag. Numbers are taken as the text that says them.
 * @throws UsageError
 */
export function typed(place: string, flag: Flag, given: unknown): Single {
  if (flag.type === 'boolean') {
    if (given === true || given === 'true') return true;
    if (given === false || given === 'false') return false;
    throw wrong(place, given, 'true or false');
  }
  const text = typeof given === 'number' ? String(given) : given;
  if (flag.type === 'number') {
    if (typeof text === 'string' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
    throw wrong(place, given, 'a number');
  }
  if (typeof text === 'string' && text !== '') return text;
  throw wrong(place, given, flag.list ? 'text or a list' : 'text');
}

function wrong(place: string, given: unknown, takes: string): UsageError {
  return new UsageError(`${place} is ${shownValue(given)}, it takes ${takes}`);
}
