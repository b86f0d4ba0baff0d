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
