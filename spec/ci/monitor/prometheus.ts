/**
 * A monitor beside Debian's Prometheus and Alertmanager: its metrics are scraped, the alert of `samples/prometheus` fires
 * in the drifted week and is resolved after `acknowledge`. `prometheus.js FOLDER`; prints what came when.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeBaseline, writeEvents } from '../../monitor/monitor-events.js';
import { packageRoot } from '../../support/places.js';

const WAIT_S = 120;
const folder = resolve(process.argv[2] ?? '.');
const state = join(folder, 'state');
const metrics = join(folder, 'image_drift.prom');
const RULES = join(packageRoot, 'samples/prometheus/rules.yml');
const MAIN = join(packageRoot, 'dist/cli/main.js');

function drift(...args: string[]): string {
  return execFileSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', cwd: folder });
}

function writeMetrics(): void {
  // Renamed, so that nobody scrapes a part of it.
  writeFileSync(`${metrics}.new`, drift('monitor', 'status', state, '--format', 'openmetrics'));
  renameSync(`${metrics}.new`, metrics);
}

function update(...tables: string[]): void {
  drift('monitor', 'update', state, ...tables, '--embedding-column', 'e*');
  writeMetrics();
}

/** Alerts as Alertmanager tells them, in the order in which they come. */
const told: { status: string; name: string; block: string | undefined }[] = [];

const server = createServer(async (request, response) => {
  if (request.url === '/metrics') {
    response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    response.end(readFileSync(metrics));
    return;
  }
  let text = '';
  for await (const chunk of request) text += chunk;
  const { alerts } = JSON.parse(text) as { alerts: { status: string; labels: Record<string, string> }[] };
  for (const { status, labels } of alerts) told.push({ status, name: labels['alertname']!, block: labels['block'] });
  response.end();
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

function check(what: string, command: string, args: string[], input?: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', input });
  console.log(`${what}: ${status === 0 ? 'passed' : 'FAILED'} ${stdout.trim()} ${stderr.trim()}`.trim());
  if (status !== 0) throw new Error(`${what} failed`);
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const begun = Date.now();
  while (!holds()) {
    if (Date.now() - begun > 1000 * WAIT_S) throw new Error(`${what} did not come within ${WAIT_S} s`);
    await pause(200);
  }
  console.log(`${what}: after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}

const drifted = (status: string) => told.some((alert) => alert.name === 'ImageDrift' && alert.status === status);

async function main(): Promise<void> {
  await makeBaseline(folder);
  drift('monitor', 'init', state, '--baseline', join(folder, 'profile.json'));
  for (let day = 0; day < 7; day++) writeEvents(folder, `quiet-${day}.csv`, { day });
  for (let day = 7; day < 14; day++) writeEvents(folder, `moved-${day}.csv`, { day, shift: 1.5 });
  update(...Array.from({ length: 7 }, (_, day) => `quiet-${day}.csv`));
  check('promtool check metrics', 'promtool', ['check', 'metrics'], readFileSync(metrics, 'utf8'));
  check('promtool check rules', 'promtool', ['check', 'rules', RULES]);
  const children: ChildProcess[] = [];
  try {
    await watch(children);
    await until('Prometheus has scraped it', () => told.some(({ name }) => name === 'ImageDriftNoImages'));
    if (drifted('firing')) throw new Error('the alert fired in the quiet week');
    update(...Array.from({ length: 7 }, (_, i) => `moved-${7 + i}.csv`));
    await until('ImageDrift fired in the drifted week', () => drifted('firing'));
    drift('monitor', 'acknowledge', state);
    writeMetrics();
    await until('ImageDrift was resolved after acknowledge', () => drifted('resolved'));
    const ours = told.filter(({ name }) => name === 'ImageDrift').map(({ status }) => status);
    if (ours.join(' ') !== 'firing resolved') throw new Error(`ImageDrift came as ${ours.join(' ')}`);
  } finally {
    for (const child of children) child.kill();
    server.closeAllConnections();
    server.close();
  }
}

async function watch(children: ChildProcess[]): Promise<void> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const [prometheus, manager] = [await freePort(), await freePort()];
  const managerFile = join(folder, 'alertmanager.yml');
  writeFileSync(
    managerFile,
    `route: {receiver: spec, group_by: [alertname, block], group_wait: 0s, group_interval: 1s}
receivers: [{name: spec, webhook_configs: [{url: 'http://127.0.0.1:${port}/alerts', send_resolved: true}]}]
`,
  );
  const file = join(folder, 'prometheus.yml');
  writeFileSync(
    file,
    `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ['${RULES}']
scrape_configs: [{job_name: image-drift, static_configs: [{targets: ['127.0.0.1:${port}']}]}]
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
  start('prometheus', `--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'tsdb')}`, `${at}${prometheus}`);
}

await main();
