/**
 * The service of docs/service.md as a newcomer has it: `service.js write FOLDER` writes its program and what it needs,
 * `service.js drive FOLDER REQUESTS` starts it and sends images, of which 2 % are broken and 1 % are given up by their
 * sender. Answers are those of `embed`; memory is flat; Prometheus, where it is installed, scrapes it. The delay of its
 * event loop is told beside that of an idle process in the same minute, and all numbers are written to `measured.json`.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../base/index.js';
import { predictedOf } from '../../drift/prediction/index.js';
import { weightsFolder } from '../../weights/index.js';
import { readEvents } from '../data/support/event-tables.js';
import { jpeg } from '../support/image-files.js';
import { freePort } from '../support/listening.js';
import { packageRoot } from '../support/places.js';
import { pixels } from '../support/pseudo-random.js';

const [task, folder = '.', given = '600'] = process.argv.slice(2);
const IMAGES = 60;
/** The model takes no other size. */
const SIDE = 32;
const AT_ONCE = 16;
const BROKEN = 0.02;
const GIVEN_UP = 0.01;
const MAIN = join(packageRoot, 'dist/cli/main.js');
const nameOf = (image: number) => `${String(image).padStart(2, '0')}.jpg`;
const drift = (...args: string[]) => execFileSync(process.execPath, [MAIN, ...args, '--quiet'], { cwd: folder });

async function write(): Promise<void> {
  const page = readFileSync(join(packageRoot, 'docs', 'service.md'), 'utf8');
  const [, program = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
  writeFileSync(join(folder, 'service.ts'), program);
  mkdirSync(join(folder, 'images'), { recursive: true });
  for (let image = 0; image < IMAGES; image++) {
    // The encoder writes noise of full contrast wrongly.
    const data = pixels(`service ${image}`, SIDE * SIDE * 3).map((value) => 96 + (value >> 2));
    writeFileSync(join(folder, 'images', nameOf(image)), jpeg({ height: SIDE, width: SIDE, data }));
  }
  cpSync(weightsFolder('fashion-mnist-resnet18'), join(folder, 'weights', 'mine'), { recursive: true });
  const samples = join(packageRoot, 'samples/fashion-mnist/reference.npz');
  drift('embed', samples, '--weights', 'weights/mine', '--out', 'baseline.parquet');
  drift('baseline', 'baseline.parquet', '--out', 'profile.json');
  drift('embed', 'images', '--weights', 'weights/mine', '--out', 'images.parquet');
}

/** What `embed` says of each image: its class and the score of it. */
async function wanted(): Promise<{ predicted: string; confidence: number }[]> {
  const { events, schema } = await readEvents(join(folder, 'images.parquet'));
  const scores = { rows: IMAGES, columns: schema.classes.length, data: events.scores! };
  return Array.from({ length: IMAGES }, (_, image) => {
    const best = predictedOf(scores, image);
    return { predicted: schema.classes[best]!, confidence: scores.data[image * scores.columns + best]! };
  });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const begun = Date.now(); !(await holds().catch(() => false)); await pause(200)) {
    if (Date.now() - begun > 60_000) throw new Error(`${what} did not come within a minute`);
  }
}

/** Bytes that the process has in memory. */
function memoryOf(pid: number): number {
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

/** Writes the delay of the process's event loop, in ms, with each SIGUSR2, and begins again. */
const LOOP_WATCH = `import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on('SIGUSR2', () => {
  const [p50, p999, most] = [delay.percentile(50), delay.percentile(99.9), delay.max].map((ns) => ns / 1e6);
  writeFileSync('loop-' + process.pid + '.json', JSON.stringify({ p50, p999, most }));
  delay.reset();
});
`;

interface LoopDelay {
  p50: number;
  p999: number;
  most: number;
}

/** Since the call before. */
async function loopDelay(pid: number): Promise<LoopDelay> {
  const file = join(folder, `loop-${pid}.json`);
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  await until('the delay of an event loop', async () => JSON.parse(readFileSync(file, 'utf8')) !== null);
  return JSON.parse(readFileSync(file, 'utf8')) as LoopDelay;
}

interface Sent {
  right: number;
  refused: number;
  givenUp: number;
  memory: number[];
}

async function send(url: string, pid: number, requests: number): Promise<Sent> {
  const answers = await wanted();
  const bodies = Array.from({ length: IMAGES }, (_, image) => readFileSync(join(folder, 'images', nameOf(image))));
  const random = new Random(5);
  const sent: Sent = { right: 0, refused: 0, givenUp: 0, memory: [] };
  let next = 0;
  const one = async () => {
    const number = next++;
    const [image, kind] = [number % IMAGES, random.uniform()];
    const isBroken = kind < BROKEN;
    const body = isBroken ? bodies[image]!.subarray(0, 100) : bodies[image]!;
    const controller = new AbortController();
    const answer = fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'image/jpeg' },
      signal: controller.signal,
    });
    if (kind >= BROKEN && kind < BROKEN + GIVEN_UP) {
      setTimeout(() => controller.abort(), 1);
      await answer.then((response) => response.text()).catch(() => {});
      sent.givenUp++;
      return;
    }
    const response = await answer;
    const said = JSON.stringify(await response.json());
    if (isBroken && response.status !== 422) throw new Error(`a broken image: ${response.status} ${said}`);
    if (!isBroken && said !== JSON.stringify(answers[image])) {
      throw new Error(`${nameOf(image)}: ${response.status} ${said}, embed says ${JSON.stringify(answers[image])}`);
    }
    if (isBroken) sent.refused++;
    else sent.right++;
    if (number % Math.ceil(requests / 10) === 0) sent.memory.push(memoryOf(pid));
  };
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < requests) await one();
    }),
  );
  return sent;
}

/** A text that is a path of the server's disk, and nothing at all. */
async function sendNoImages(url: string): Promise<void> {
  const path = join(folder, 'images', nameOf(0));
  for (const type of ['text/plain', 'application/json']) {
    const { status } = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(path),
      headers: { 'content-type': type },
    });
    if (status !== 415) throw new Error(`${type} with a path: ${status}`);
  }
  const nothing = await fetch(url, { method: 'POST' });
  const { code } = (await nothing.json()) as { code: string };
  if (nothing.status !== 422 || code !== 'IMAGE_NEEDED') throw new Error(`no body: ${nothing.status} ${code}`);
}

async function scraped(port: number): Promise<void> {
  if (spawnSync('prometheus', ['--version']).status !== 0) return console.log('SKIPPED: prometheus is not installed');
  const file = join(folder, 'prometheus.yml');
  writeFileSync(
    file,
    `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: service, static_configs: [{targets: ['127.0.0.1:${port}']}]}]\n`,
  );
  const at = await freePort();
  const child = spawn(
    'prometheus',
    [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'tsdb')}`, `--web.listen-address=127.0.0.1:${at}`],
    { stdio: 'ignore' },
  );
  try {
    await until('a scrape of Prometheus', async () => {
      const answer = await fetch(`http://127.0.0.1:${at}/api/v1/query?query=image_drift_rows_total`);
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
      return Number(data.result[0]!.value[1]) > 0;
    });
    console.log('Prometheus has scraped image_drift_rows_total');
  } finally {
    child.kill();
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`after SIGTERM the service ended with ${code ?? signal}`);
}

async function drive(requests: number): Promise<void> {
  const port = await freePort();
  writeFileSync(join(folder, 'watch.js'), LOOP_WATCH);
  const start = (...args: string[]) =>
    spawn(process.execPath, ['--import', './watch.js', ...args], {
      cwd: folder,
      env: { ...process.env, PORT: String(port) },
      stdio: 'inherit',
    });
  const child = start('service.js');
  const idle = start('--eval', 'setInterval(() => {}, 1000)');
  const url = `http://127.0.0.1:${port}`;
  try {
    await until('the service', async () => (await fetch(`${url}/metrics`)).ok);
    await Promise.all([child, idle].map(({ pid }) => loopDelay(pid!)));
    const begun = performance.now();
    const { right, refused, givenUp, memory } = await send(`${url}/predict`, child.pid!, requests);
    const seconds = (performance.now() - begun) / 1000;
    const [loop, control] = (await Promise.all([child, idle].map(({ pid }) => loopDelay(pid!)))) as [
      LoopDelay,
      LoopDelay,
    ];
    const told = ({ p50, p999, most }: LoopDelay) => [p50, p999, most].map((ms) => ms.toFixed(1)).join(', ');
    console.log(
      `${seconds.toFixed(1)} s; event loop, median, 99.9th percentile, most: ${told(loop)} ms; idle: ${told(control)} ms`,
    );
    const megabytes = memory.map((bytes) => Math.round(bytes / 2 ** 20));
    console.log(
      `${right} right answers, ${refused} broken images refused, ${givenUp} given up; memory ${megabytes.join(', ')} MB`,
    );
    const [first, last] = [Math.max(...megabytes.slice(2, 5)), Math.max(...megabytes.slice(-3))];
    const measured = { requests, right, refused, givenUp, seconds, first, last, loop, control };
    writeFileSync(join(folder, 'measured.json'), JSON.stringify(measured));
    if (last > 1.3 * first) throw new Error(`memory grew from ${first} to ${last} MB`);
    await sendNoImages(`${url}/predict`);
    await scraped(port);
  } finally {
    idle.kill();
    if (child.exitCode === null) await stopped(child);
  }
  const { added } = JSON.parse(
    execFileSync(process.execPath, [MAIN, 'monitor', 'update', 'state', '--json'], { cwd: folder, encoding: 'utf8' }),
  ) as { added: number };
  const { rows } = JSON.parse(
    execFileSync(process.execPath, [MAIN, 'monitor', 'status', 'state', '--json'], { cwd: folder, encoding: 'utf8' }),
  ) as { rows: number };
  console.log(`${added} images were counted by monitor update, ${rows} are in the state`);
  const least = Math.floor(requests * (1 - 3 * (BROKEN + GIVEN_UP)));
  if (rows < least || rows > requests) throw new Error(`of ${requests} requests, ${rows} images were counted`);
}

if (task === 'write') await write();
else await drive(Number(given));
