import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodedError, number, text, toggle } from '../base/index.js';
import { command } from './command.js';
import { print, printJson, say } from './output.js';
import { portFlag, untilSignal } from './serving.js';
import { seedFlag } from './shared-options.js';
import { UsageError } from './usage-error.js';

/** Known to everybody: it keeps web pages out that do not know it, not other users of this machine. */
const DEFAULT_TOKEN = 'emulator';

export const emulator = command({
  usage: 'emulator',
  describe:
    'A local Fiddler to try onboard, publish and verify against; ours, not made by Fiddler (needs image-drift-emulator)',
  options: {
    port: portFlag.default(7575).flag('On 127.0.0.1; 0: any'),
    data: text().default('emulator-data').flag('Folder it keeps everything in'),
    fault: text().listed().flag('Faults on purpose, as shares of the requests: 429:0.1,500:0.05,reset:0.02,slow:0.05'),
    seed: seedFlag.flag('Of the faults'),
    deduplicate: toggle()
      .default(false)
      .flag('Pass over events whose id is there already (nobody knows whether Fiddler does)'),
    jobSeconds: number().default(0.3).flag('How long a job takes at least'),
  },
  outputs: ['data'],
  serves: true,
  examples: [
    ['emulator', 'Then set the two variables that it prints, and use any other command'],
    ['emulator --fault 429:0.1,500:0.05,reset:0.02 --seed 7', 'A server that fails now and then'],
  ],
  async run(args) {
    if (!(args.jobSeconds >= 0)) throw new UsageError('--job-seconds takes a number of seconds, 0 or more');
    const { parseFaults, startEmulator } = await loadEmulator();
    const fromEnvironment = process.env['FIDDLER_TOKEN'];
    const token = fromEnvironment || DEFAULT_TOKEN;
    const server = await startEmulator({
      folder: resolve(args.data),
      port: args.port,
      token,
      jobSeconds: args.jobSeconds,
      faults: parseFaults(args.fault ?? ''),
      seed: args.seed,
      deduplicate: args.deduplicate,
    });
    const ended = untilSignal();
    // A token of the user's own is a secret and is not shown.
    const shown = fromEnvironment ? null : DEFAULT_TOKEN;
    const page = shown === null ? `${server.url}/` : `${server.url}/#token=${shown}`;
    if (args.json) printJson({ url: server.url, page, data: args.data });
    else {
      print(`export FIDDLER_URL=${server.url}`);
      print(shown === null ? '# FIDDLER_TOKEN: as it is set here' : `export FIDDLER_TOKEN=${shown}`);
    }
    say(args.quiet, `Emulator of Fiddler (ours, not Fiddler's) on ${server.url}, everything is kept in ${args.data}`);
    say(args.quiet, `Page: ${page}${shown === null ? ' (asks for the token)' : ''}; Ctrl-C ends it`);
    await ended;
    await server.close();
    const { requests } = server.traffic();
    say(args.quiet, `Ended after ${requests.toLocaleString('en')} requests.`);
  },
});

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
async function loadEmulator(): Promise<EmulatorPackage> {
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
