/**
 * What is told where the program cannot even be loaded, because this process or the machine has too many open files. Hundreds
 * of modules are opened for it, many at once. This file imports nothing: it is loaded before them.
 */

const TOO_MANY: readonly unknown[] = ['EMFILE', 'ENFILE'];
/** As of every failure that may pass by itself. */
export const NOT_LOADED_EXIT_CODE = 5;

/** @returns what to tell the user. @throws any other error */
export function notLoaded(error: NodeJS.ErrnoException, json: boolean): string {
  if (!TOO_MANY.includes(error.code)) throw error;
  const where = error.code === 'EMFILE' ? 'in this process' : 'on this machine';
  const [code, message] = ['TOO_MANY_OPEN_FILES', `image-drift cannot be loaded: too many open files ${where}`];
  const hint = 'Allow the process more (ulimit -n).';
  return json ? JSON.stringify({ error: { code, message, hint } }) : `error ${code}: ${message}\n${hint}`;
}
