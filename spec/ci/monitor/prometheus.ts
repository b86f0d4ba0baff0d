/**
 * Two monitors and a service beside Debian's node_exporter, Prometheus and Alertmanager: their metrics are collected and
 * scraped, the alert of `samples/prometheus` fires in the drifted week of one monitor and in the drifting hours of one
 * camera of the service, which also posts its alarm, and is resolved after `acknowledge`. Metrics come from the textfile
 * collector, as OpenMetrics from a server here, and from the service's recorder. `prometheus.js FOLDER`; prints what came
 * when.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openMonitor } from '../../../pipeline/monitor/index.js';
import { makeBaseline, writeEvents } from '../../monitor/monitor-events.js';
import { CameraService, QUIET_HOURS } from '../../service/camera-service.js';
import { freePort } from '../../support/listening.js';
import { packageRoot } from '../../support/places.js';

const WAIT_S = 120;
const folder = resolve(process.argv[2] ?? '.');
const state = join(folder, 'state');
const quiet = join(folder, 'quiet');
/** What the textfile collector reads: a file for each monitor. */
const textfiles = join(folder, 'textfiles');
const metrics = join(textfiles, 'image_drift.prom');
/** One for each way in which metrics come. */
const JOBS = ['textfile', 'openmetrics', 'service'];
const SERVICE = JOBS[2];
const CAMERA = 'east';
const RULES = join(packageRoot, 'samples/prometheus/rules.yml');
const MAIN = join(packageRoot, 'dist/cli/main.js');

/** Beside this process, which has to answer scrapes meanwhile: alerts end where none is answered. */
async function drift(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [MAIN, ...args], { cwd: folder })).stdout;
}

async function writeMetrics(of = state, file = metrics): Promise<void> {
  // Renamed, so that nobody scrapes a part of it.
  writeFileSync(`${file}.new`, await drift('monitor', 'status', of, '--format', 'openmetrics'));
  renameSync(`${file}.new`, file);
}

async function update(of: string, ...tables: string[]): Promise<void> {
  await drift('monitor', 'update', of, ...tables, '--embedding-column', 'e*');
}

/** Alerts as Alertmanager tells them, in the order in which they come. */
const told: { status: string; name: string; job: string; state: string; by: string }[] = [];
/** Values of `by` in the messages that the service posts. */
const posted: string[] = [];
let service: CameraService;

/** Alertmanager's has `alerts`, a recorder's `alarm`. */
interface Message {
  status: string;
  alerts?: { status: string; labels: Record<string, string> }[];
  alarm?: { by: Record<string, string> | null };
}

const server = createServer(async (request, response) => {
  if (request.url === '/metrics') {
    response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    response.end(readFileSync(metrics));
    return;
  }
  // As the service of docs/service.md answers.
  if (request.url === '/service') {
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    // The last scrape may come when the recorder is closed.
    response.end(await service.recorder.metrics().catch(String));
    return;
  }
  let text = '';
  for await (const chunk of request) text += chunk;
  const { alerts = [], status, alarm } = JSON.parse(text) as Message;
  if (alarm !== undefined) posted.push(`${status} ${alarm.by?.['camera']}`);
  for (const { status, labels } of alerts) {
    const { alertname = '', job = '', state = '', by = '' } = labels;
    told.push({ status, name: alertname, job, state, by });
  }
  response.end();
});

function check(what: string, command: string, args: string[], input?: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', input });
  console.log(`${what}: ${status === 0 ? 'passed' : 'FAILED'} ${stdout.trim()} ${stderr.trim()}`.trim());
  if (status !== 0) throw new Error(`${what} failed`);
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const begun = Date.now();
  while (!(await holds())) {
    if (Date.now() - begun > 1000 * WAIT_S) throw new Error(`${what} did not come within ${WAIT_S} s`);
    await pause(200);
  }
  console.log(`${what}: after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}

async function isUp(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    ({ ok }) => ok,
    () => false,
  );
}

const came = (name: string, status: string) =>
  JOBS.every((job) => told.some((alert) => alert.name === name && alert.status === status && alert.job === job));

/** What node_exporter serves, without an error of its collector, and with both monitors. */
async function checkCollected(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await answer.text();
  const rows = [...text.matchAll(/^image_drift_rows_total\{state="(.*?)"\} (\d+)$/gm)].map(([, of, count]) => [
    of,
    count,
  ]);
  const error = /^node_textfile_scrape_error (\d+)$/m.exec(text)?.[1];
  console.log(`node_exporter answered ${answer.status}, node_textfile_scrape_error ${error}, ${JSON.stringify(rows)}`);
  if (answer.status !== 200 || error !== '0' || rows.length !== 2)
    throw new Error('node_exporter serves something else');
}

async function main(): Promise<void> {
  await makeBaseline(folder);
  mkdirSync(textfiles, { recursive: true });
  for (const of of [state, quiet]) await drift('monitor', 'init', of, '--baseline', join(folder, 'profile.json'));
  for (let day = 0; day < 7; day++) writeEvents(folder, `quiet-${day}.csv`, { day });
  for (let day = 7; day < 14; day++) writeEvents(folder, `moved-${day}.csv`, { day, shift: 1.5 });
  for (const of of [state, quiet]) await update(of, ...Array.from({ length: 7 }, (_, day) => `quiet-${day}.csv`));
  await writeMetrics();
  await writeMetrics(quiet, join(textfiles, 'quiet.prom'));
  check('promtool check metrics', 'promtool', ['check', 'metrics'], readFileSync(metrics, 'utf8'));
  check('promtool check rules', 'promtool', ['check', 'rules', RULES]);
  const children: ChildProcess[] = [];
  try {
    await watch(children);
    await until('Prometheus has scraped it', () => came('ImageDriftNoImages', 'firing'));
    if (told.some(({ name }) => name === 'ImageDrift')) throw new Error('the alert fired in the quiet week');
    await update(state, ...Array.from({ length: 7 }, (_, i) => `moved-${7 + i}.csv`));
    await writeMetrics();
    await service.movedUntil(() => posted.length > 0);
    console.log(`the service has posted ${posted.join(', ')}`);
    await until('ImageDrift fired in the drifted week', () => came('ImageDrift', 'firing'));
    await drift('monitor', 'acknowledge', state);
    // In this process, which answers its message.
    await (await openMonitor(service.state)).acknowledge();
    const words = posted.join(', ');
    if (words !== `firing ${CAMERA}, resolved ${CAMERA}`) throw new Error(`the service has posted ${words}`);
    await writeMetrics();
    await until('ImageDrift was resolved after acknowledge', () => came('ImageDrift', 'resolved'));
    for (const job of JOBS) {
      const ours = told.filter((alert) => alert.name === 'ImageDrift' && alert.job === job);
      const [of, by] = job === SERVICE ? [service.state, CAMERA] : [state, ''];
      const words = ours.map((alert) => `${alert.status} ${alert.state === of && alert.by === by}`).join(', ');
      if (words !== 'firing true, resolved true') throw new Error(`${job}: ImageDrift came as ${words}`);
    }
  } finally {
    for (const child of children) child.kill();
    server.closeAllConnections();
    server.close();
    await service.recorder.close();
  }
}

async function watch(children: ChildProcess[]): Promise<void> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  mkdirSync(join(folder, 'service'), { recursive: true });
  service = await CameraService.open(join(folder, 'service'), `http://127.0.0.1:${port}/posted`);
  for (let hour = 0; hour < QUIET_HOURS; hour++) await service.hour(false);
  const [prometheus, manager, exporter] = [await freePort(), await freePort(), await freePort()];
  const managerFile = join(folder, 'alertmanager.yml');
  writeFileSync(
    managerFile,
    `route: {receiver: spec, group_by: [alertname, block, by, job], group_wait: 0s, group_interval: 1s}
receivers: [{name: spec, webhook_configs: [{url: 'http://127.0.0.1:${port}/alerts', send_resolved: true}]}]
`,
  );
  const file = join(folder, 'prometheus.yml');
  writeFileSync(
    file,
    `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ['${RULES}']
scrape_configs:
  - {job_name: textfile, static_configs: [{targets: ['127.0.0.1:${exporter}']}]}
  - {job_name: openmetrics, static_configs: [{targets: ['127.0.0.1:${port}']}]}
  - {job_name: service, metrics_path: /service, static_configs: [{targets: ['127.0.0.1:${port}']}]}
alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:${manager}']}]}]}
`,
  );
  check('promtool check config', 'promtool', ['check', 'config', file]);
  const start = (command: string, ...args: string[]) => children.push(spawn(command, args, { stdio: 'ignore' }));
  const at = `--web.listen-address=127.0.0.1:`;
  start(
    'prometheus-alertmanager',
    `--config.file=${managerFile}`,
    `--storage.path=${join(folder, 'am')}`,
    `${at}${manager}`,
    '--cluster.listen-address=',
  );
  start(
    'prometheus-node-exporter',
    '--collector.disable-defaults',
    '--collector.textfile',
    `--collector.textfile.directory=${textfiles}`,
    `${at}${exporter}`,
  );
  start('prometheus', `--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'tsdb')}`, `${at}${prometheus}`);
  await until('node_exporter answers', () => isUp(exporter));
  await checkCollected(exporter);
}

await main();
