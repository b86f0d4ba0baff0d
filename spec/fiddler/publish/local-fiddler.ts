/** A local Fiddler for one spec, a client of it, and the command line run against it. */
import { type Faults, startEmulator } from 'image-drift-emulator';
import { FiddlerClient, Token } from '../../../fiddler/client/index.js';
import { runBeside } from '../../support/run-beside.js';
import { type CliRun, temporaryFolder } from '../../support/test.js';

const TOKEN = 'fid_of_the_specs';

export interface LocalFiddler {
  client: FiddlerClient;
  /** How many requests other than GET came to a route so far: `POST /v3/models`; all of them. */
  writes(): Record<string, number>;
  /** Runs `image-drift …` beside this process, which must go on to answer. */
  run(args: readonly string[], folder: string): Promise<CliRun>;
  close(): Promise<void>;
}

/** Waits of milliseconds: what is tested is what is repeated, not when. */
const RETRY = { windowSeconds: 60, firstWaitSeconds: 0.005, longestWaitSeconds: 0.05 };

export async function localFiddler(broken: { faults?: Faults; seed?: number } = {}): Promise<LocalFiddler> {
  const emulator = await startEmulator({ folder: temporaryFolder(), token: TOKEN, jobSeconds: 0.05, ...broken });
  const token = Token.fromEnvironment({ FIDDLER_TOKEN: TOKEN });
  const client = new FiddlerClient({ url: emulator.url, token, retry: RETRY });
  return {
    client,
    writes: () => {
      const routes = Object.entries(emulator.traffic().byRoute).filter(([route]) => !route.startsWith('GET'));
      return Object.fromEntries(routes.map(([route, { requests }]) => [route, requests]));
    },
    run: (args, cwd) => runBeside(args, { cwd, env: { FIDDLER_URL: emulator.url, FIDDLER_TOKEN: TOKEN } }),
    async close() {
      await client.close();
      await emulator.close();
    },
  };
}
