/**
 * @long: each test starts a process, and waits for it
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { assert, type CliRun, endedWith, packageRoot, runCliTo, temporaryFolder, test } from '../../support/test.js';
import { TOKEN } from './support.js';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');

/** Starts the emulator, checks it once it has printed its address, and sends a signal. */
async function run(
  env: Record<string, string>,
  signal: NodeJS.Signals,
  look: (url: string) => Promise<void>,
): Promise<CliRun> {
  const args = [MAIN, 'emulator', '--port', '0', '--data', temporaryFolder()];
  const { FIDDLER_TOKEN: _, ...inherited } = process.env;
  const child = spawn(process.execPath, args, { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (said.stdout += text));
  child.stderr.on('data', (text: Buffer) => (said.stderr += text));
  const exit = once(child, 'exit');
  while (!said.stderr.includes('Ctrl-C')) await once(child.stderr, 'data');
  const url = /export FIDDLER_URL=(\S+)/.exec(said.stdout)?.[1] ?? '';
  await look(url);
  child.kill(signal);
  const [status] = (await exit) as [number | null];
  return { status, ...said };
}

const projects = (url: string, token: string) =>
  fetch(`${url}/v3/projects`, { headers: { authorization: `Bearer ${token}` } });

test('prints the two lines to use it, and ends cleanly', async () => {
  const ended = await run({}, 'SIGINT', async (url) => {
    assert.is((await projects(url, 'emulator')).status, 200);
  });
  const { stdout, stderr } = endedWith(0, ended);
  assert.match(stdout, /^export FIDDLER_URL=http:\/\/127\.0\.0\.1:\d+\nexport FIDDLER_TOKEN=emulator\n$/);
  assert.match(stderr, /#token=emulator/);
  assert.match(stderr, /not Fiddler's/);
  assert.match(stderr, /Ended after 1 requests/);
});

test('a token of the user’s own is demanded, and never printed', async () => {
  const ended = await run({ FIDDLER_TOKEN: TOKEN }, 'SIGTERM', async (url) => {
    assert.is((await projects(url, 'emulator')).status, 401);
    assert.is((await projects(url, TOKEN)).status, 200);
  });
  const { stdout, stderr } = endedWith(0, ended);
  assert.not.match(stdout + stderr, new RegExp(TOKEN));
});

test('what is wrong with a flag is said', () => {
  runCliTo(2, 'emulator --port 99999', '--port takes');
  runCliTo(2, 'emulator --fault 503:1', 'FAULTS_INVALID');
  runCliTo(2, 'emulator --job-seconds -1', '--job-seconds takes');
  runCliTo(4, 'emulator --data /dev/null/x --port 0', 'EMULATOR_FOLDER');
});
