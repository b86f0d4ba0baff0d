import type { Flags } from './flag.js';
/** Finds a flag that would be left out in silence, so that a command can refuse it. */

/**
 * The first of some flags that has another value than its default, as a user writes it; null if there is none.
 * @param names as in `options`
 */
export function givenFlag(args: object, options: Readonly<Flags>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = (args as Record<string, unknown>)[camelCase(name)];
    if (value !== undefined && value !== options[name]?.default) return value === false ? `--no-${name}` : `--${name}`;
  }
  return null;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
