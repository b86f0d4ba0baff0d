/**
 * Quiet years of 100 rows a day as other monitors see them, for `bench/monitor.ts`: `drift` each day, Evidently each
 * day, and Alibi Detect's online MMD row after row, which promises a mean time to a false alarm, too. All tools get the
 * same rows.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Random } from '../base/index.js';
import { type DriftBatch, driftReport, fitProfile, takeRows } from '../drift/index.js';
import { type MonitorPromise, runMonitor, sumsOf } from '../monitor/index.js';
import { packageRoot, temporaryFolder } from '../spec/support/places.js';
import { CLASSES, DAY, DAY_ROWS } from './monitor-kinds.js';
import { appendResults } from './results.js';
import { mean, pythonOf, summaryOf } from './rows.js';

export interface PeerStream {
  name: string;
  promise: MonitorPromise;
  baseline(rows: number, random: Random): DriftBatch;
  /** Rows of so many days, in their order. */
  year(days: number, random: Random): DriftBatch;
}

export interface PeerJob {
  stream: PeerStream;
  rows: number;
  days: number;
  baselines: number;
  /** Streams of each baseline. */
  streams: number;
  seed: number;
}

/** What a tool says of a stream: the days on which it alarms, the first alone of one that then stops. */
type AlarmDays = number[];

const OURS = ['monitor', 'drift each day'];
const OTHERS = ['alibi', 'evidently'];

/** @param tools of `drift`, `alibi` and `evidently` */
export async function comparePeers(job: PeerJob, tools: readonly string[]): Promise<void> {
  const folder = temporaryFolder();
  const days = new Map<string, AlarmDays[]>();
  const paths: string[] = [];
  for (let b = 0; b < job.baselines; b++) {
    const { baseline, years, seed } = drawn(job, b);
    if (tools.includes('drift')) for (const year of years) add(days, toldByUs(job, baseline, year, seed));
    if (!tools.some((tool) => OTHERS.includes(tool))) continue;
    paths.push(join(folder, `${b}.f32`));
    writeFileSync(paths[b]!, Buffer.concat([baseline, ...years].map(({ embeddings }) => bytesOf(embeddings.data))));
  }
  for (const tool of tools.filter((tool) => OTHERS.includes(tool))) add(days, toldByOther(job, tool, paths, folder));
  for (const path of paths) rmSync(path);
  const rows = [...days].map(([tool, of]) => rowOf(job, tool, of));
  console.table(rows);
  await appendResults('monitor-peers.csv', rows);
}

function drawn({ stream, rows, days, streams, seed }: PeerJob, b: number) {
  const own = seed * 10_000 + b;
  const random = Random.stream(rows + 2, own);
  const baseline = stream.baseline(rows, random);
  return { baseline, years: Array.from({ length: streams }, () => stream.year(days, random)), seed: own };
}

function bytesOf(data: DriftBatch['embeddings']['data']): Uint8Array {
  return new Uint8Array(Float32Array.from(data).buffer);
}

function add(days: Map<string, AlarmDays[]>, told: Record<string, AlarmDays[]>): void {
  for (const [tool, of] of Object.entries(told)) days.set(tool, [...(days.get(tool) ?? []), ...of]);
}

function toldByUs({ stream, days }: PeerJob, baseline: DriftBatch, year: DriftBatch, seed: number) {
  const profile = fitProfile(baseline, { ...(baseline.scores && { classes: CLASSES }) }, { restarts: 1, seed });
  const batches = Array.from({ length: days }, (_, day) => dayOf(year, day));
  const windows = batches.map((batch, at) => {
    return { from: at * DAY, to: (at + 1) * DAY, all: sumsOf(profile, batch), by: new Map() };
  });
  const [alarm] = runMonitor(profile, stream.promise, windows).alarms;
  const named = batches.map((batch, day) => ({ name: `${day}`, summary: summaryOf(profile, batch) }));
  const { windows: judged } = driftReport(profile, named, { seed });
  return {
    [OURS[0]!]: [alarm ? [alarm.at / DAY] : []],
    [OURS[1]!]: [judged.flatMap(({ verdict }, day) => (verdict === 'drift' ? [day] : []))],
  };
}

function dayOf(year: DriftBatch, day: number): DriftBatch {
  return takeRows(
    year,
    Array.from({ length: DAY_ROWS }, (_, row) => day * DAY_ROWS + row),
  );
}

function toldByOther({ stream, rows, days }: PeerJob, tool: string, paths: readonly string[], folder: string) {
  const { columns } = stream.baseline(DAY_ROWS, new Random(1)).embeddings;
  const job = join(folder, 'job.json');
  const out = join(folder, 'told.json');
  writeFileSync(job, JSON.stringify({ paths, tool, rows, columns, day_rows: DAY_ROWS, days, out }));
  const { status } = spawnSync(pythonOf(), ['-W', 'ignore', join(packageRoot, 'bench', 'monitor_peers.py'), job], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`bench/monitor_peers.py ended with ${status}`);
  return JSON.parse(readFileSync(out, 'utf8')) as Record<string, AlarmDays[]>;
}

function rowOf({ stream, rows, baselines, seed }: PeerJob, tool: string, of: readonly AlarmDays[]) {
  const within = (day: number) => of.filter(([first]) => first !== undefined && first < day).length;
  const counts = of.map((days) => days.length).sort((a, b) => a - b);
  const stops = tool === OURS[0] || tool.startsWith('Alibi');
  const at = (share: number) => (stops ? '' : counts[Math.ceil(share * counts.length) - 1]!);
  return {
    data: stream.name,
    baseline_rows: rows,
    seed,
    tool,
    baselines,
    streams: of.length,
    alarmed_within_60: within(60),
    alarmed_within_365: within(365),
    alarm_days_mean: stops ? '' : mean(counts).toFixed(1),
    alarm_days_median: at(0.5),
    alarm_days_ninth_of_ten: at(0.9),
    alarm_days_most: at(1),
    processor: cpus()[0]?.model ?? '',
  };
}
