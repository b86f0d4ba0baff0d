/**
 * What is told where the program cannot even be loaded, because this process or the machine has too many open files. Hundreds
 * of modules are opened for it, many at once. This file imports nothing: it is loaded before them.
 */

const TOO_MANY: readonly unknown[] = ['EMFILE', 'ENFILE'];
/** As of every failure that may pass by itself. */
const EXIT_CODE = 5;

/** Tells it on stderr and sets the exit code. @throws any other error */
export function tellNotLoaded(error: NodeJS.ErrnoException): void {
  if (!TOO_MANY.includes(error.code)) throw error;
  const where = error.code === 'EMFILE' ? 'in this process' : 'on this machine';
  const [code, message] = ['TOO_MANY_OPEN_FILES', `image-drift cannot be loaded: too many open files ${where}`];
  const hint = 'Allow the process more (ulimit -n).';
  const isJson = process.argv.includes('--json');
  const text = isJson ? JSON.stringify({ error: { code, message, hint } }) : `error ${code}: ${message}\n${hint}`;
  process.stderr.write(`${text}\n`);
  process.exitCode = EXIT_CODE;
}
