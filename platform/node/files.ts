/** Files and folders of the system. */
import { existsSync } from 'node:fs';

export { writeFile } from 'node:fs/promises';

/** For the few callers that cannot wait. */
export function isThereNow(path: string): boolean {
  return existsSync(path);
}
