/**
 * Counts the quickstart's requests and bytes in the emulator, and exits with 1 if Fiddler's official Python client
 * needs fewer, except for the first event, which goes out alone. Questions that it never asks count apart.
 *     node dist/spec/ci/quickstart-traffic.js PYTHON [FOLDER]
 * PYTHON has fiddler-client 3.14.1, pandas and pyarrow. FOLDER is an earlier quickstart's: nothing is embedded again.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Emulator, startEmulator } from 'image-drift-emulator';
import { packageRoot, sharedData, temporaryFolder } from '../support/places.js';
import { ranWell } from '../support/run-beside.js';

const TOKEN = 'traffic';
/** Calls that read numbers back, which the Python client does not have. They are shown apart, and still counted. */
const VERIFYING = /\/(histograms|queries|analytics\/\w+|baselines|models\/:\w+\/metrics)$/;

/** Asking for the jobs of other runs before each request, and for the events that are there at the end. */
const ASKING = /^GET \/v3\/jobs$|\/analytics\/download-slice-data$/;

/** Production begins with a file of one event: its upload, its request, and up to two questions for its job. */
const OPENING_REQUESTS = 4;

type Traffic = ReturnType<Emulator['traffic']>;

function run(command: string, args: readonly string[], url: string): Promise<void> {
  const env = { ...process.env, FIDDLER_URL: url, FIDDLER_TOKEN: TOKEN };
  return ranWell(spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] }));
}

async function trafficOf(work: (url: string) => Promise<void>): Promise<Traffic> {
  const emulator = await startEmulator({ folder: temporaryFolder(), token: TOKEN });
  try {
    await work(emulator.url);
    return emulator.traffic();
  } finally {
    await emulator.close();
  }
}

function without(traffic: Traffic, pattern: RegExp): Pick<Traffic, 'requests' | 'bytesIn' | 'bytesOut'> {
  const sum = { requests: 0, bytesIn: 0, bytesOut: 0 };
  for (const [route, { requests, bytesIn, bytesOut }] of Object.entries(traffic.byRoute)) {
    if (pattern.test(route)) continue;
    sum.requests += requests;
    sum.bytesIn += bytesIn;
    sum.bytesOut += bytesOut;
  }
  return sum;
}

async function main(python: string, out = join(temporaryFolder(), 'quickstart')): Promise<void> {
  if (sharedData === null) throw new Error('the shared test data is not here');
  const data = ['--data', join(sharedData, 'cifar'), '--weights', join(sharedData, 'resnet18_cifar10_epoch5.pth')];
  const cli = [join(packageRoot, 'dist', 'cli', 'main.js'), 'quickstart', ...data, '--out', out, '--quiet'];
  const ours = await trafficOf((url) => run(process.execPath, cli, url));
  const script = join(packageRoot, 'spec', 'ci', 'fiddler-notebook-traffic.py');
  const theirs = await trafficOf((url) => run(python, [script, out], url));
  const published = without(ours, VERIFYING);
  for (const [route, both] of routesOf(ours, theirs)) console.log(`${route.padEnd(48)} ${both.map(shown).join('  ')}`);
  console.log('');
  console.log(`${'image-drift quickstart, publishing'.padEnd(48)} ${shown(published)}`);
  console.log(`${'the same in all, with verify'.padEnd(48)} ${shown(ours)}`);
  console.log(`${'fiddler-client 3.14.1'.padEnd(48)} ${shown(theirs)}`);
  const sent = without(ours, ASKING);
  console.log(`${'ours, without asking'.padEnd(48)} ${shown(sent)}`);
  if (sent.requests > theirs.requests + OPENING_REQUESTS || ours.bytesIn > theirs.bytesIn) process.exitCode = 1;
}

function routesOf(ours: Traffic, theirs: Traffic): [string, Pick<Traffic, 'requests' | 'bytesIn' | 'bytesOut'>[]][] {
  const none = { requests: 0, bytesIn: 0, bytesOut: 0 };
  const routes = [...new Set([...Object.keys(ours.byRoute), ...Object.keys(theirs.byRoute)])].sort();
  return routes.map((route) => [route, [ours.byRoute[route] ?? none, theirs.byRoute[route] ?? none]]);
}

function shown({ requests, bytesIn, bytesOut }: Pick<Traffic, 'requests' | 'bytesIn' | 'bytesOut'>): string {
  const [sent, got] = [bytesIn, bytesOut].map((bytes) => bytes.toLocaleString('en').padStart(11));
  return `${String(requests).padStart(4)} requests ${sent} bytes sent ${got} bytes got`;
}

await main(process.argv[2] ?? 'python3', process.argv[3]);
