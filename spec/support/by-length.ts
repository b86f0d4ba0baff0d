/**
 * Splits the tests of a spec: `npm test` skips the long ones; a step of `.ci/run` runs them and skips the others.
 * `scripts/spec.mjs --long` decides, and sets `IMAGE_DRIFT_LONG`. Without it, all tests run.
 */
import type { Callback, Test } from 'uvu';

const choice = process.env['IMAGE_DRIFT_LONG'] ?? 'all';
if (!['all', 'none', 'only'].includes(choice)) throw new Error(`IMAGE_DRIFT_LONG is all, none or only, not ${choice}`);

type Register<T> = (name: string, run: Callback<T>) => void;

/**
 * @param tests uvu's `test`, or a suite; hooks and `run` stay there
 * @returns `longTest` is for a test that takes more than a second or two, of something at which shorter tests look too
 */
export function byLength<T>(tests: Test<T>): { test: Register<T>; longTest: Register<T> } {
  const leaveOut: Register<T> = (name) => tests.skip(name);
  return { test: choice === 'only' ? leaveOut : tests, longTest: choice === 'none' ? leaveOut : tests };
}
