/**
 * The emulator is a package of its own, `image-drift-emulator`, so that only those who want a local Fiddler install a
 * web server and a database.
 *
 * It is looked for where Node looks from this package. The current directory does not count: what lies there was
 * perhaps installed for another version.
 */
import { fileURLToPath } from 'node:url';
import { CodedError } from '../base/index.js';

const NAME = 'image-drift-emulator';

/** The part of the package that the command uses. The package stands on this one, so its own types cannot come here. */
export interface EmulatorPackage {
  /** Reads `429:0.1,500:0.05`; what comes out is for `startEmulator`. */
  parseFaults(text: string): object;
  startEmulator(options: {
    folder: string;
    port: number;
    token: string;
    jobSeconds: number;
    faults: object;
    seed: number;
    deduplicate: boolean;
  }): Promise<{ url: string; close(): Promise<void>; traffic(): { requests: number } }>;
}

/** @throws CodedError `EMULATOR_NOT_INSTALLED` */
export async function loadEmulator(): Promise<EmulatorPackage> {
  return import(addressOfPackage());
}

function addressOfPackage(): string {
  try {
    return import.meta.resolve(NAME);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const place = fileURLToPath(new URL('../..', import.meta.url));
    throw new CodedError('EMULATOR_NOT_INSTALLED', `${NAME} is not installed beside image-drift (${place})`, {
      hint: `Until it is on npm: npm pack -w ${NAME} in a clone of image-drift, then npm install the file that this makes (with --global where image-drift is installed globally).`,
      cause: error,
    });
  }
}
