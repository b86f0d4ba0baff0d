/**
 * Can Fiddler's official Python client read, make, change and delete alert rules on the emulator?
 *     node dist/spec/ci/fiddler-alerts.js PYTHON
 * PYTHON has fiddler-client 3.14.1.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startEmulator } from 'image-drift-emulator';
import { writeEvents } from '../fiddler/publish/events-fixture.js';
import { packageRoot, temporaryFolder } from '../support/places.js';
import { ranWell } from '../support/run-beside.js';

const TOKEN = 'alerts';
const MODEL = ['--project', 'images', '--model', 'alerts'];
const DAY = 86_400_000;
const DAYS = 5;

async function main(python: string): Promise<void> {
  const folder = temporaryFolder();
  const emulator = await startEmulator({ folder: join(folder, 'data'), token: TOKEN, jobSeconds: 0.05 });
  const env = { ...process.env, FIDDLER_URL: emulator.url, FIDDLER_TOKEN: TOKEN };
  const run = (command: string, args: readonly string[]) => {
    return ranWell(spawn(command, args, { env, cwd: folder, stdio: 'inherit' }));
  };
  const cli = (...args: string[]) => run(process.execPath, [join(packageRoot, 'dist', 'cli', 'main.js'), ...args]);
  try {
    const reference = await writeEvents(join(folder, 'reference.parquet'), { rows: 300, seed: 1 });
    const time = (row: number) => Date.now() - (1 + (row % DAYS)) * DAY;
    const production = await writeEvents(join(folder, 'production.parquet'), { rows: 300, seed: 2, shift: 3, time });
    await cli('onboard', reference, ...MODEL, '--quiet');
    await cli('publish', reference, ...MODEL, '--baseline', 'reference', '--quiet');
    await cli('publish', production, ...MODEL, '--quiet');
    await cli('onboard', reference, ...MODEL, '--alerts', 'auto', '--quiet');
    await run(python, [join(packageRoot, 'spec', 'ci', 'fiddler_alerts.py'), MODEL[1] as string, MODEL[3] as string]);
  } finally {
    await emulator.close();
  }
}

await main(process.argv[2] ?? 'python3');
