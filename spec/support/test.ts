/**
 * What specs are written with. `scripts/spec.mjs --long` sets `IMAGE_DRIFT_LONG`: `npm test` skips the long tests, and
 * a step of `.ci/run` runs only them. Without it, all tests run. `npm test` and `.ci/run` take a slice of a long check:
 * fewer rounds, or cases drawn by a fixed seed. `.ci/run all` sets `IMAGE_DRIFT_CHECKS=all` and runs them whole.
 */
import { type Callback, type Test, suite as uvuSuite } from 'uvu';
import { is, match } from 'uvu/assert';
import { CodedError, Random } from '../../base/index.js';

export * as assert from 'uvu/assert';
export * from './places.js';
export * from './run-cli.js';

const long = oneOf('IMAGE_DRIFT_LONG', 'all', 'none', 'only');
export const allChecks = oneOf('IMAGE_DRIFT_CHECKS', 'slice', 'all') === 'all';

/** The value of an environment variable, by default the first one. */
function oneOf(variable: string, ...values: string[]): string {
  const value = process.env[variable] ?? values[0]!;
  if (!values.includes(value)) throw new Error(`${variable} is one of ${values.join(', ')}, not ${value}`);
  return value;
}

type Register<T> = (name: string, run: Callback<T>) => void;

export interface Suite<T = Record<string, unknown>> extends Pick<Test<T>, 'before' | 'after' | 'skip'> {
  (name: string, run: Callback<T>): void;
  /** For a test that takes more than a second or two, of something at which shorter tests look too. */
  long: Register<T>;
}

interface Registered {
  isLong: boolean;
  add(): void;
  leaveOut(): void;
  run(): void;
}

/** The tests of the file that is being loaded, and why they are left out if they are. */
let registered: Registered[] = [];
let skipped: string | null = null;

/** Tests with hooks of their own. What they share is the argument of each. */
export function suite<T = Record<string, unknown>>(title = ''): Suite<T> {
  const tests = uvuSuite<T>(title);
  const { before, after, skip, run } = tests;
  const register =
    (isLong: boolean): Register<T> =>
    (name, body) => {
      registered.push({ isLong, add: () => tests(name, body), leaveOut: () => skip(name), run });
    };
  return Object.assign(register(false), { long: register(true), before, after, skip });
}

/** Leaves out the file that is being loaded, and says why: `SKIPPED (what is absent): what is not tested`. */
export function skipFile(absent: string, what: string): void {
  skipped = `SKIPPED (${absent}): ${what}`;
}

export const test = suite();
export const longTest = test.long;

/** Hands the tests of a file to uvu, once the file is loaded. */
export function queueTests(): void {
  if (skipped !== null) {
    console.log(skipped);
    registered = [];
    skipped = null;
  }
  const hasLong = registered.some(({ isLong }) => isLong);
  for (const { isLong, add, leaveOut } of registered) {
    if (hasLong && long !== 'all' && isLong !== (long === 'only')) leaveOut();
    else add();
  }
  for (const run of new Set(registered.map(({ run }) => run))) run();
  registered = [];
}

// A file that Node runs by itself, without scripts/spec/child.mjs.
if (!('UVU_DEFER' in globalThis)) process.once('beforeExit', queueTests);

/** A number of rounds, rows or cases: that of the whole check or of its slice. */
export function amount(whole: number, slice: number): number {
  return allChecks ? whole : slice;
}

/** The cases of a sweep, in order: all of them, or as many as the slice has. */
export function cases<T>(all: readonly T[], slice: number): readonly T[] {
  if (allChecks || slice >= all.length) return all;
  return Array.from(new Random(1).sample(all.length, slice).sort(), (i) => all[i]!);
}

export async function collect<T>(items: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The error of an operation; throws an error if it succeeds. */
export async function rejection(attempt: () => unknown): Promise<Error & { code?: string; hint?: string | null }> {
  let outcome: unknown;
  try {
    outcome = await attempt();
  } catch (error) {
    return error as Error;
  }
  throw new Error(`It was expected to fail, and gave ${JSON.stringify(outcome)?.slice(0, 200)}`);
}

type Pattern = string | RegExp;
type Says = { message?: Pattern; hint?: Pattern; exitCode?: number };

/** The coded error of a failure; throws an error if there is none or another. @param says what it must say */
export async function refusal(code: string, attempt: () => unknown, says: Pattern | Says = ''): Promise<CodedError> {
  const error = await rejection(attempt);
  if (!(error instanceof CodedError)) throw error;
  if (error.code !== code) {
    throw new Error(`refused with ${error.code} (${error.message}), not with ${code}`, { cause: error });
  }
  const wanted: Says = typeof says === 'string' || says instanceof RegExp ? { message: says } : says;
  match(error.message, wanted.message ?? '');
  match(error.hint ?? '', wanted.hint ?? '');
  is(error.exitCode, wanted.exitCode ?? error.exitCode);
  return error;
}
