/** Whether this Node can run the program. This file imports nothing, and has only what Node 12 can parse. */

/** As `engines` in package.json. */
export const NEEDED_NODE = '20.19';

/** @returns what to tell the user, one line; null if the version is new enough */
export function nodeTooOld(version: string, json: boolean): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = NEEDED_NODE.split('.').map(Number);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return null;
  const message = `image-drift needs Node ${NEEDED_NODE} or newer, this is Node ${version}`;
  return json
    ? JSON.stringify({ error: { code: 'NODE_TOO_OLD', message, hint: null } })
    : `error NODE_TOO_OLD: ${message}`;
}

/** This process or the machine has too many open files: the program opens hundreds of modules, many at once. */
const TOO_MANY: readonly unknown[] = ['EMFILE', 'ENFILE'];
/** As of every failure that may pass by itself. */
export const NOT_LOADED_EXIT_CODE = 5;

/** @returns what to say to the user. @throws any other error */
export function notLoaded(error: NodeJS.ErrnoException, json: boolean): string {
  if (!TOO_MANY.includes(error.code)) throw error;
  const where = error.code === 'EMFILE' ? 'in this process' : 'on this machine';
  const [code, message] = ['TOO_MANY_OPEN_FILES', `image-drift cannot be loaded: too many open files ${where}`];
  const hint = 'Allow the process more (ulimit -n).';
  return json ? JSON.stringify({ error: { code, message, hint } }) : `error ${code}: ${message}\n${hint}`;
}
