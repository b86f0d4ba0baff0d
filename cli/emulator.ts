import { resolve } from 'node:path';
import { type Command, wholeNumber } from './command.js';
import { loadEmulator } from './installed-emulator.js';
import { print, printJson, say } from './output.js';
import { UsageError } from './usage-error.js';

interface Args {
  port: number;
  data: string;
  fault?: string;
  seed: number;
  deduplicate: boolean;
  jobSeconds: number;
}

/** Known to everybody: it keeps web pages out that do not know it, not other users of this machine. */
const DEFAULT_TOKEN = 'emulator';
const LAST_PORT = 65_535;

export const emulator: Command<Args> = {
  usage: 'emulator',
  describe:
    'A local Fiddler to try onboard, publish and verify against; ours, not made by Fiddler (needs image-drift-emulator)',
  options: {
    port: { type: 'number', default: 7575, requiresArg: true, describe: 'On 127.0.0.1; 0: any', coerce: port },
    data: { type: 'string', default: 'emulator-data', requiresArg: true, describe: 'Folder it keeps everything in' },
    fault: {
      list: true,
      type: 'string',
      requiresArg: true,
      describe: 'Faults on purpose, as shares of the requests: 429:0.1,500:0.05,reset:0.02,slow:0.05',
    },
    seed: { type: 'number', default: 0, requiresArg: true, describe: 'Of the faults', coerce: wholeNumber('seed', 0) },
    deduplicate: {
      type: 'boolean',
      default: false,
      describe: 'Pass over events whose id is there already (nobody knows whether Fiddler does)',
    },
    'job-seconds': { type: 'number', default: 0.3, requiresArg: true, describe: 'How long a job takes at least' },
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
};

/** This command ends by a signal: the usual handlers, which exit at once, would leave requests half answered. */
function untilSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const) {
      process.removeAllListeners(signal);
      process.once(signal, () => done());
    }
  });
}

function port(value: unknown): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 0 && number <= LAST_PORT) return number;
  throw new UsageError(`--port takes a whole number from 0 to ${LAST_PORT}, not ${String(value)}`);
}
