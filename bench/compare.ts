/**
 * How often `compare` says better or worse wrongly, and how often it names the segment that became worse: 500 heads that
 * are trained again on stored embeddings of CIFAR-10, and whole networks on Fashion-MNIST (`compare_networks.py`). One
 * half of the images may train, the other half is compared; a quarter of them is of a camera whose contrast is low.
 * - `swapped`: another seed, and for each image the two models change places by chance, eight times: neither is better
 * - `seed`: another seed
 * - `class`: nine in ten images of a class are missing
 * - `camera`: the images of the camera are missing
 *
 *     npm run bench -- compare [--heads 500] [--folder FOLDER] [--networks scores.npz]
 *     python3 bench/compare_networks.py ../shared/data/fashion scores.npz
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../base/index.js';
import { groupedBy, type Matrix, planLabels } from '../drift/index.js';
import { compareModels, type ModelComparison } from '../pipeline/index.js';
import { temporaryFolder } from '../spec/support/places.js';
import { headScores, trainedHead } from './label-heads.js';
import { CIFAR_CLASSES, cifarTranches, headRows } from './label-windows.js';
import { stacked } from './populations.js';
import { CORRUPTIONS, conditionOf } from './power-sets.js';
import { flagsOf, writeResults } from './results.js';

const CAMERAS = ['east', 'north', 'south', 'west'];
const BAD_CAMERA = CAMERAS.indexOf('west');
const SWAPS = 8;
/** Heads of the seeds below have shown that 30 comparisons say little of how often 5 % are wrong. */
const FIRST_SEED = 1_000;
const LABELS = { all: Number.POSITIVE_INFINITY, random: 500, plan: 300 };
type Way = keyof typeof LABELS;

/** One comparison with what is true of all images. */
interface Trial {
  kind: string;
  way: Way;
  report: ModelComparison;
  truth: number;
  truthOf: (by: string, value: string) => number;
  bad: { by: string; value: string } | null;
}

const asked = flagsOf({ heads: '500', folder: join(temporaryFolder(), 'sets'), networks: undefined });
mkdirSync(asked.folder, { recursive: true });
const work = temporaryFolder();

const cameraOf = (row: number) => row % CAMERAS.length;

function predictedOf({ columns, data }: Matrix, row: number): number {
  let best = 0;
  for (let i = 1; i < columns; i++) if (data[row * columns + i]! > data[row * columns + best]!) best = i;
  return best;
}

function writeEvents(file: string, { rows, columns, data }: Matrix, labels: readonly number[]): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const scores = Array.from(data.subarray(row * columns, (row + 1) * columns), (score) => score.toFixed(6));
    return [`e${row}`, '[0]', ...scores, `i${row}`, CAMERAS[cameraOf(row)], `class ${labels[row]}`].join(',');
  });
  const names = Array.from({ length: columns }, (_, i) => `s${i}`);
  const header = ['event_id', 'embeddings', ...names, 'image_url', 'camera', 'class'].join(',');
  writeFileSync(join(work, file), [header, ...lines, ''].join('\n'));
  return join(work, file);
}

/** @returns the files of labels, and of the plan if there is one */
function writeLabels(way: Way, old: Matrix, labels: readonly number[], seed: number) {
  const file = join(work, 'labels.csv');
  const line = (row: number) => `e${row},s${labels[row]}`;
  if (way === 'plan') {
    const confidence = labels.map((_, row) => old.data[row * old.columns + predictedOf(old, row)]!);
    const units = [...labels.keys()];
    const columns = { confidence, rates: confidence, clusters: units.map(() => 0), units, segments: null };
    const { labels: planned, strata } = planLabels(columns, LABELS.plan, seed);
    const lines = planned.map(({ row, stratum, probability }) => {
      return `${line(row)},${strata[stratum]!.name},${probability}`;
    });
    writeFileSync(file, ['event_id,label,stratum,probability', ...lines, ''].join('\n'));
    return { labels: file, labelPlan: file };
  }
  const rows = Random.stream(seed, 7).shuffle(Uint32Array.from(labels.keys())).slice(0, LABELS[way]);
  writeFileSync(file, ['event_id,label', ...Array.from(rows, line), ''].join('\n'));
  return { labels: file };
}

const BY = ['camera', 'class'];

async function compared(
  kind: string,
  [old, now]: readonly [Matrix, Matrix],
  labels: readonly number[],
  seed: number,
  bad: Trial['bad'],
): Promise<Trial[]> {
  const paths = [writeEvents('old.csv', old, labels), writeEvents('new.csv', now, labels)] as const;
  const scores = Array.from({ length: old.columns }, (_, i) => `s${i}`);
  const gains = labels.map((label, row) => {
    return Number(predictedOf(now, row) === label) - Number(predictedOf(old, row) === label);
  });
  const shareOf = (is: (row: number) => boolean) => {
    const own = gains.filter((_, row) => is(row));
    return own.reduce((sum, gain) => sum + gain, 0) / own.length;
  };
  const truthOf = (by: string, value: string) =>
    shareOf((row) => (by === 'camera' ? CAMERAS[cameraOf(row)] : `class ${labels[row]}`) === value);
  const trials: Trial[] = [];
  for (const way of Object.keys(LABELS) as Way[]) {
    const given = writeLabels(way, old, labels, seed);
    const { report } = await compareModels(...paths, { ...given, by: BY, columns: { scores } });
    trials.push({ kind, way, report, truth: shareOf(() => true), truthOf, bad });
  }
  return trials;
}

/** Each image's two predictions in an order by chance. */
function swapped([old, now]: readonly [Matrix, Matrix], seed: number): [Matrix, Matrix] {
  const random = Random.stream(seed, 3);
  const [first, second] = [old.data.slice(), now.data.slice()];
  for (let row = 0; row < old.rows; row++) {
    if (random.uniform() < 0.5) continue;
    const [from, to] = [row * old.columns, (row + 1) * old.columns];
    first.set(now.data.subarray(from, to), from);
    second.set(old.data.subarray(from, to), from);
  }
  return [
    { ...old, data: first },
    { ...now, data: second },
  ];
}

/** Rows of a matrix. */
function picked({ columns, data }: Matrix, rows: readonly number[]): Matrix {
  const own = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) own.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  return { rows: rows.length, columns, data: own };
}

/** CIFAR-10's images, those of one camera with low contrast; the first half trains. */
async function cifarHalves() {
  const window = (await cifarTranches())[1]!;
  const low = await conditionOf('contrast', asked.folder, CORRUPTIONS['contrast']!);
  const { labels } = headRows(window);
  const { rows, columns } = window.embeddings;
  const data = Float32Array.from(window.embeddings.data);
  for (let row = 0; row < rows; row++) {
    if (cameraOf(row) !== BAD_CAMERA) continue;
    const [from, to] = [row * columns, (row + 1) * columns];
    data.set(low.embeddings.data.subarray(from, to), from);
  }
  const half = (from: number) => {
    const own = Array.from({ length: rows / 2 }, (_, i) => from + i);
    return { embeddings: picked({ rows, columns, data }, own), labels: own.map((row) => labels[row]!) };
  };
  return { trains: half(0), tests: half(rows / 2) };
}

const CLASSES = CIFAR_CLASSES.length;

async function* headTrials(): AsyncGenerator<Trial[]> {
  const { trains, tests } = await cifarHalves();
  const headOf = (seed: number, isIn: (row: number) => boolean) => {
    const rows = [...trains.labels.keys()].filter(isIn);
    const own = { embeddings: picked(trains.embeddings, rows), labels: rows.map((row) => trains.labels[row]!) };
    return headScores(trainedHead(own, CLASSES, seed), tests.embeddings);
  };
  for (let head = 0; head < Number(asked.heads); head++) {
    const [kind, worse] = [head % 4, Math.floor(head / 4) % CLASSES];
    const isRare = (row: number) => trains.labels[row] === worse && row % 10 !== 0;
    const old = headOf(FIRST_SEED + 2 * head, () => true);
    const now = headOf(FIRST_SEED + 2 * head + 1, (row) => {
      return kind === 2 ? !isRare(row) : kind === 3 ? cameraOf(row) !== BAD_CAMERA : true;
    });
    const of = (name: string, pair: readonly [Matrix, Matrix], bad: Trial['bad'], seed = FIRST_SEED + head) =>
      compared(name, pair, tests.labels, seed, bad);
    for (let swap = 0; kind === 0 && swap < SWAPS; swap++) {
      const seed = SWAPS * (FIRST_SEED + head) + swap;
      yield of('swapped', swapped([old, now], seed), null, seed);
    }
    if (kind === 1) yield of('seed', [old, now], null);
    if (kind === 2) yield of('class', [old, now], { by: 'class', value: `class ${worse}` });
    if (kind === 3) yield of('camera', [old, now], { by: 'camera', value: CAMERAS[BAD_CAMERA]! });
    if (head % 50 === 49) console.error(`${head + 1} heads`);
  }
}

/** The first network is the old one; each other one, with several draws of labels. */
async function* networkTrials(path: string): AsyncGenerator<Trial[]> {
  const flat = await stacked([path], 'scores');
  const labels = Array.from((await stacked([path], 'labels')).data, Number);
  const rows = labels.length;
  const of = (network: number) =>
    picked(
      flat,
      Array.from({ length: rows }, (_, row) => network * rows + row),
    );
  const bad = [null, { by: 'class', value: 'class 6' }, { by: 'camera', value: CAMERAS[BAD_CAMERA]! }];
  for (let draw = 0; draw < Number(asked.heads) / 10; draw++) {
    for (const [i, name] of ['seed', 'class', 'camera'].entries()) {
      yield compared(`network ${name}`, [of(0), of(i + 1)], labels, draw, bad[i]!);
    }
  }
}

/** Whether a verdict says the opposite of what is true; without a difference by design, whether it says anything. */
function isWrong(verdict: string, truth: number, kind: string): boolean {
  if (verdict === 'no difference seen') return false;
  return kind === 'swapped' || (verdict === 'better') !== truth > 0;
}

function summary(trials: readonly Trial[]) {
  const share = (is: (trial: Trial) => boolean) => (trials.filter(is).length / trials.length).toFixed(3);
  const badOf = ({ bad, truthOf, report }: Trial) => {
    const found = report.segments.find(({ by, value }) => by === bad?.by && value === bad.value);
    return found && { verdict: found.verdict, truth: truthOf(found.by, found.value) };
  };
  const points = (values: readonly (number | undefined)[]) => {
    const known = values.filter((value) => value !== undefined);
    return known.length === 0 ? '' : ((100 * known.reduce((a, b) => a + b, 0)) / known.length).toFixed(2);
  };
  const { kind, way } = trials[0]!;
  const wrongBy = (name: string) =>
    share(({ report, truthOf }) =>
      report.segments.some(({ by, value, verdict }) => by === name && isWrong(verdict, truthOf(by, value), kind)),
    );
  return {
    ...{ kind, way, labels: Math.round(trials.reduce((sum, { report }) => sum + report.labels, 0) / trials.length) },
    comparisons: trials.length,
    truth: points(trials.map(({ truth }) => truth)),
    better: share(({ report }) => report.verdict === 'better'),
    worse: share(({ report }) => report.verdict === 'worse'),
    wrong: share(({ report, truth }) => isWrong(report.verdict, truth, kind)),
    wrong_camera: wrongBy('camera'),
    wrong_class: wrongBy('class'),
    held: share(({ report, truth }) => report.difference!.low <= truth && truth <= report.difference!.high),
    bad_truth: points(trials.map((trial) => badOf(trial)?.truth)),
    bad_named: trials[0]!.bad === null ? '' : share((trial) => badOf(trial)?.verdict === 'worse'),
    command: 'npm run bench -- compare',
  };
}

const trials: Trial[] = [];
for await (const own of headTrials()) trials.push(...own);
if (asked.networks !== undefined) for await (const own of networkTrials(asked.networks)) trials.push(...own);
const cells = groupedBy(trials, ({ kind, way }) => `${kind} ${way}`);
const rows = [...cells.values()].map(summary);
console.table(rows);
console.log(`written to ${await writeResults('compare.csv', rows)}`);
