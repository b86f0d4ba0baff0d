/**
 * The promise of `monitor`, and its delays, at windows of a day of 100 rows and one false alarm in 365 days.
 *
 * Quiet: streams of a year, drawn with replacement from days that were made row by row and summed once for each
 * baseline. CIFAR-10's windows are drawn from the images by a bootstrap sample of them, so that baseline and windows are
 * as far apart as two samples of endless images. Alarms within 60 and 365 windows beside the promise; what
 * `check-baseline` refuses is counted apart. Drift: median and ninth of ten days from the start of a change to the
 * alarm, beside a test of each day with the baseline that alarms as often in quiet.
 *
 *     npm run bench -- monitor quiet [kinds, as 0,3 or all] [baselines] [streams of each] [sizes, as 500,2000] [seed]
 *     npm run bench -- monitor drift [streams] [rows of the baseline] [changes, as 0,3] [seed]
 *     npm run bench -- monitor rows
 *     npm run bench -- monitor peers [kinds] [baselines] [streams of each] [tools, as drift,alibi] [seed] [rows]
 *
 * The monitor was made with seed 0; other seeds and the last two kinds are held out.
 *
 * `rows` makes three streams of CIFAR-10's images row by row, whose sums and alarms must be those of the quick way.
 * `peers` has quiet years judged by `drift` each day, or by other tools, which `IMAGE_DRIFT_PYTHON` has.
 */
import { cpus } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { Random } from '../base/index.js';
import { chiSquareQuantile, takeRows } from '../drift/index.js';
import { checkBaseline, type MonitorWindow, runMonitor, sumsOf } from '../monitor/index.js';
import { type Change, changesOf } from './monitor-changes.js';
import { cifarImages } from './monitor-cifar.js';
import { dailyStatistics } from './monitor-daily.js';
import { DAY, DAY_ROWS, HELD_OUT_KINDS, KINDS, type Kind } from './monitor-kinds.js';
import { comparePeers } from './monitor-peers.js';
import { RowTable } from './monitor-rows.js';
import {
  cleanImages,
  drawn,
  imageStream,
  peerImages,
  peerStream,
  profileOf,
  promiseOf,
  type Stream,
  streamOf,
  windowsFrom,
} from './monitor-streams.js';
import { appendResults } from './results.js';

const WINDOWS = 365;
const DRIFT_DAYS = 300;

interface QuietCell {
  stream: Stream;
  rows: number;
  baselines: number;
  /** Streams of each baseline. */
  streams: number;
  seed: number;
}

/** Baselines and streams of one seed. */
const MOST_OF_A_SEED = 10_000;

/** The first day with an alarm in each stream of each baseline; Infinity where there is none. */
function quietStreams({ stream, rows, baselines, streams, seed }: QuietCell) {
  const first: number[][] = [];
  const blocks: Record<string, number> = {};
  let refused = 0;
  for (let b = 0; b < baselines; b++) {
    const own = seed * MOST_OF_A_SEED + b;
    const random = Random.stream(rows, own);
    const profile = profileOf(stream.baseline(rows, random), own);
    if (!checkBaseline(profile, stream.promise).enough) {
      refused++;
      continue;
    }
    const day = stream.days(profile, random);
    first.push(
      Array.from({ length: streams }, () => {
        const alarm = runMonitor(profile, stream.promise, windowsFrom(day, WINDOWS)).alarms[0];
        if (alarm) blocks[alarm.block] = (blocks[alarm.block] ?? 0) + 1;
        return alarm ? alarm.at / DAY : Number.POSITIVE_INFINITY;
      }),
    );
  }
  return { first, refused, blocks };
}

async function quiet(cell: QuietCell): Promise<void> {
  const start = performance.now();
  const { first, refused, blocks } = quietStreams(cell);
  const cells = [60, 365].flatMap((windows) => {
    const promised = -Math.expm1(-windows / 365);
    const share = shareWithin(first.flat(), windows);
    const error = (of: number) => Math.sqrt((promised * (1 - promised)) / Math.max(1, of));
    return [
      [`within_${windows}`, share.toFixed(3)],
      [`promised_${windows}`, promised.toFixed(3)],
      [`error_${windows}`, error(first.flat().length).toFixed(3)],
      [`beyond_${windows}`, first.filter((of) => shareWithin(of, windows) > promised + 2 * error(of.length)).length],
    ];
  });
  const row = {
    data: cell.stream.name,
    baseline_rows: cell.rows,
    seed: cell.seed,
    baselines: cell.baselines,
    refused,
    streams: first.flat().length,
    ...Object.fromEntries(cells),
    seconds: ((performance.now() - start) / 1_000).toFixed(0),
    processor: cpus()[0]?.model ?? '',
  };
  console.log(JSON.stringify({ ...row, blocks }));
  await appendResults('monitor-quiet.csv', [row]);
}

function shareWithin(first: readonly number[], windows: number): number {
  return first.filter((at) => at < windows).length / Math.max(1, first.length);
}

async function drift(change: Change, rows: number, streams: number, seed: number): Promise<void> {
  const delays: number[] = [];
  const daily: number[] = [];
  const blocks: Record<string, number> = {};
  const errors: number[] = [];
  const { start } = change;
  let [early, covered] = [0, 0];
  for (let s = 0; s < streams; s++) {
    const own = seed * MOST_OF_A_SEED + s;
    const random = Random.stream(rows + 1, own);
    const profile = profileOf(change.baseline(rows, random), own);
    const promise = promiseOf({ ...(change.by && { by: change.by }) });
    const windows = windowsFrom(change.days(profile, random), DRIFT_DAYS);
    const alarm = runMonitor(profile, promise, windows).alarms[0];
    const at = (alarm?.at ?? Number.POSITIVE_INFINITY) / DAY;
    if (at < start) early++;
    else {
      delays.push(at - start);
      if (alarm) {
        errors.push(Math.abs(alarm.since / DAY - start));
        if (alarm.sinceLow <= start * DAY && start * DAY <= alarm.sinceHigh) covered++;
        blocks[`${alarm.block}${alarm.by ? '@' : ''}`] = (blocks[`${alarm.block}${alarm.by ? '@' : ''}`] ?? 0) + 1;
      }
    }
    const limit = (size: number, blocks: number) => chiSquareQuantile(1 - -Math.expm1(-1 / 365) / blocks, size);
    const first = windows.findIndex(({ all }) => {
      const tests = dailyStatistics(profile, promise, all);
      return tests.some(({ statistic, size }) => statistic > limit(size, tests.length));
    });
    // A false alarm before the change says nothing of how soon it is seen.
    const later = windows.findIndex(({ all }, day) => {
      if (day < start) return false;
      const tests = dailyStatistics(profile, promise, all);
      return tests.some(({ statistic, size }) => statistic > limit(size, tests.length));
    });
    if (first < 0 || first >= start) daily.push(later < 0 ? Number.POSITIVE_INFINITY : later - start);
  }
  const row = {
    change: change.name,
    baseline_rows: rows,
    seed,
    streams,
    alarmed_before: early,
    median_days: quantile(delays, 0.5),
    ninth_of_ten_days: quantile(delays, 0.9),
    missed: delays.filter((delay) => delay === Number.POSITIVE_INFINITY).length,
    daily_median_days: quantile(daily, 0.5),
    daily_ninth_of_ten_days: quantile(daily, 0.9),
    since_median_error: quantile(errors, 0.5),
    since_in_range: (covered / Math.max(1, errors.length)).toFixed(2),
    processor: cpus()[0]?.model ?? '',
  };
  console.log(JSON.stringify({ ...row, blocks }));
  await appendResults('monitor-drift.csv', [row]);
}

/** The smallest value that so large a share does not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

async function checkRows(): Promise<void> {
  const pool = await cleanImages();
  for (const seed of [1, 2, 3]) {
    const random = Random.stream(9, seed);
    const profile = profileOf(takeRows(pool, [...random.sample(pool.embeddings.rows, 2_000)]), seed);
    const table = new RowTable(profile, pool);
    const quick: MonitorWindow[] = [];
    const slow: MonitorWindow[] = [];
    for (let day = 0; day < WINDOWS; day++) {
      const rows = Array.from({ length: DAY_ROWS }, () => random.below(pool.embeddings.rows));
      const window = { from: day * DAY, to: (day + 1) * DAY, by: new Map() };
      let next = 0;
      quick.push({ ...window, all: drawn(table, DAY_ROWS, () => rows[next++]!) });
      slow.push({ ...window, all: sumsOf(profile, takeRows(pool, rows)) });
    }
    const [a, b] = [quick, slow].map((windows) => runMonitor(profile, promiseOf({}), windows));
    if (!isDeepStrictEqual(quick, slow) || !isDeepStrictEqual(a, b)) throw new Error(`stream ${seed} differs`);
    console.log(`stream ${seed}: the sums of ${WINDOWS} windows are those of their rows, ${a!.alarms.length} alarms`);
  }
}

/** Null stands for CIFAR-10's images. */
function kindsOf(chosen: string): (Kind | null)[] {
  const all = [...KINDS, null, ...HELD_OUT_KINDS];
  return chosen === 'all' ? all : chosen.split(',').map((place) => all[Number(place)] as Kind | null);
}

const [task = 'quiet', ...rest] = process.argv.slice(2);
if (task === 'quiet') {
  const [kinds = 'all', baselines = '20', streams = '15', sizes = '500,2000,10000', seed = '0'] = rest;
  for (const kind of kindsOf(kinds)) {
    const stream = kind === null ? imageStream(await cleanImages()) : streamOf(kind, Number(seed));
    const cell = { stream, baselines: Number(baselines), streams: Number(streams), seed: Number(seed) };
    for (const size of sizes.split(',')) await quiet({ ...cell, rows: Number(size) });
  }
} else if (task === 'rows') await checkRows();
else if (task === 'peers') {
  const [kinds = '0,4,9', baselines = '20', streams = '1', tools = 'drift', seed = '0', rows = '2000'] = rest;
  for (const kind of kindsOf(kinds)) {
    const stream = kind === null ? peerImages(await cleanImages()) : peerStream(kind);
    const counts = { baselines: Number(baselines), streams: Number(streams), seed: Number(seed) };
    await comparePeers({ stream, rows: Number(rows), days: WINDOWS, ...counts }, tools.split(','));
  }
} else {
  const [streams = '100', rows = '2000', only = '', seed = '0'] = rest;
  for (const [place, change] of changesOf(await cifarImages()).entries()) {
    if (only === '' || only.split(',').includes(`${place}`)) {
      await drift(change, Number(rows), Number(streams), Number(seed));
    }
  }
}
