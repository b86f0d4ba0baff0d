/** What is read of a command line before any flag is: whether errors are to be JSON, and what `--` means. */

const FLAG = /^--(no-)?json(?:=(.*))?$/;
const YES = /^(1|true|yes)$/i;

/** As typed; if it was not, as `IMAGE_DRIFT_JSON` says. */
export function wantsJson(argv: readonly string[], env: NodeJS.ProcessEnv): boolean {
  const typed = argv.map((word) => FLAG.exec(word)).findLast((found) => found !== null);
  if (!typed) return YES.test(env['IMAGE_DRIFT_JSON'] ?? '');
  const [, not, value] = typed;
  return not === undefined && (value === undefined || YES.test(value));
}

/** Errors of commands whose config file says `"json": true`. */
const configured = new WeakSet<Error>();

export function asJson(error: unknown): void {
  if (error instanceof Error) configured.add(error);
}

export function isAsJson(error: unknown): boolean {
  return error instanceof Error && configured.has(error);
}

/** The words without `--`, which ends the flags. A later name with a leading dash gets its folder in front. */
export function withoutDoubleDash(words: readonly string[]): string[] {
  const at = words.indexOf('--');
  if (at < 0) return [...words];
  const names = words.slice(at + 1).map((word) => (/^-./.test(word) ? `./${word}` : word));
  return [...words.slice(0, at), ...names];
}
