/** Whether errors are to be JSON, also those that come before any flag is read. */

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

/** Notes that an error is to be JSON, whatever was typed. */
export function asJson(error: unknown): void {
  if (error instanceof Error) configured.add(error);
}

export function isAsJson(error: unknown): boolean {
  return error instanceof Error && configured.has(error);
}
