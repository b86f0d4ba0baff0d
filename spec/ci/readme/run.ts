/**
 * Runs the commands of README.md in order and checks what each leaves: `run.js CLONE [PROJECT EMULATOR]`. CLONE is a
 * fresh clone, PROJECT an empty project beside it, EMULATOR the packed image-drift-emulator. Without a project, the
 * user's commands run in the clone, and none packs or installs. The user's files are made beforehand, the server is the
 * emulator, and the Hugging Face Hub a stand-in.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allChecks, sharedData } from '../../support/test.js';
import { shellCommands } from './commands.js';
import { checkStep, type Ran, STEPS, type Step } from './steps.js';
import { writeUserFiles } from './user-files.js';

const LIMIT_MS = 600_000;

const [clone, project, emulatorTarball] = process.argv.slice(2).map((path) => resolve(path));
if (clone === undefined) throw new Error('run.js CLONE [PROJECT EMULATOR]');
const user = project ?? clone;

const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', npm_config_update_notifier: 'false' };
delete env['FIDDLER_URL'];
delete env['FIDDLER_TOKEN'];
let emulator: ChildProcess | null = null;
const hub = spawn(process.execPath, [fileURLToPath(new URL('hub-process.js', import.meta.url))], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
env['HF_ENDPOINT'] = String((await once(hub.stdout, 'data'))[0]).trim();

function shell(command: string, folder: string, flags: Step['env'] = {}): Ran {
  const options = { cwd: folder, env: { ...env, ...flags }, encoding: 'utf8', timeout: LIMIT_MS } as const;
  const { status, error, stdout, stderr } = spawnSync('bash', ['-c', command], options);
  if (error) throw error;
  if (status !== 0) throw new Error(`ends with ${status}\n${stdout}${stderr}`);
  return { stdout, stderr, folder };
}

/** In another terminal, as the page says; the variables that it prints are set for the commands that follow. */
async function startEmulator(): Promise<Ran> {
  if (emulatorTarball !== undefined) shell(`npm install ${emulatorTarball}`, user);
  const child = spawn('npx', ['image-drift', 'emulator', '--quiet'], {
    cwd: user,
    env: { ...env, IMAGE_DRIFT_PORT: '0' },
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  emulator = child;
  let stdout = '';
  while (stdout.split('\n').length < 3) stdout += String((await once(child.stdout, 'data'))[0]);
  for (const [, name, value] of stdout.matchAll(/^export (\w+)=(.*)$/gm)) env[name as string] = value;
  return { stdout, stderr: '', folder: user };
}

/** `npx` starts a process of its own for the emulator: both are ended. */
function stopServers(): void {
  hub.kill();
  if (emulator?.pid !== undefined && emulator.exitCode === null) process.kill(-emulator.pid, 'SIGTERM');
}

function runsHere({ command, where }: Step): boolean {
  // It is the longest, and `shared/quickstart` runs it each time.
  if (where === 'quickstart') return sharedData !== null && allChecks;
  const packs = command.startsWith('npm pack') || command.startsWith('npm install ../');
  return project !== undefined || !(where === 'clone' || packs);
}

function run(step: Step): Ran | Promise<Ran> {
  if (step.where === 'emulator') return startEmulator();
  if (step.where !== 'quickstart') return shell(step.command, step.where === 'clone' ? clone! : user, step.env);
  const [data, checkpoint] = [join(sharedData!, 'cifar'), join(sharedData!, 'resnet18_cifar10_epoch5.pth')];
  return shell(`${step.command} --data ${data} --weights ${checkpoint}`, user);
}

const shown = shellCommands(readFileSync(join(clone, 'README.md'), 'utf8'));
process.on('exit', stopServers);
await writeUserFiles(user);
for (const [i, { text, line }] of shown.entries()) {
  const step = STEPS[i];
  if (step?.command !== text) throw new Error(`README.md:${line}: ${text}\nis not in steps.json: ${step?.command}`);
  if (!runsHere(step)) {
    console.log(`README.md:${line}: not here: ${text}`);
    continue;
  }
  const started = performance.now();
  try {
    await checkStep(step, await run(step));
  } catch (error) {
    throw new Error(`README.md:${line}: ${text}`, { cause: error });
  }
  console.log(`README.md:${line}: ${((performance.now() - started) / 1000).toFixed(1)} s: ${text}`);
}
if (shown.length < STEPS.length) throw new Error(`README.md lacks: ${STEPS[shown.length]?.command}`);
process.exit(0);
