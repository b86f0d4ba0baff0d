/** Random windows: no two numbers of a report contradict each other, whatever its settings. */
import { Random } from '../../base/index.js';
import {
  type DriftBatch,
  type DriftOptions,
  type DriftReport,
  driftReport,
  fitProfile,
  jensenShannonDistance,
  type MethodReport,
  type Profile,
  WindowCounter,
  type WindowReport,
} from '../../drift/index.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { amount, assert, test } from '../support/test.js';

const WINDOWS = amount(10_000, 200);
const EACH = amount(100, 10);
const CLASSES = ['a', 'b', 'c'];
const COLUMNS = 4;
/** Methods whose interval inverts the test that gives p. */
const INVERTED = ['js', 'psi', 'labels', 'confidence', 'entropy'];

/** Rows of a few modes; some repeat, and their scores and labels follow from them. */
function rowsOf(random: Random, rows: number, shift: number, copies: boolean): DriftBatch {
  const data = new Float32Array(rows * COLUMNS);
  const scores = new Float32Array(rows * CLASSES.length);
  const targets: (string | null)[] = [];
  for (let row = 0; row < rows; row++) {
    if (copies && row > 0 && random.below(3) === 0) {
      const from = random.below(row);
      data.copyWithin(row * COLUMNS, from * COLUMNS, (from + 1) * COLUMNS);
    } else {
      const mode = random.below(4) * random.below(3);
      for (let c = 0; c < COLUMNS; c++)
        data[row * COLUMNS + c] = 2 * mode * (c % 2) + random.normal() + shift * (c + 1);
    }
    const powers = CLASSES.map((_, c) => Math.exp(data[row * COLUMNS + c]! / 2));
    const sum = totalOf(powers);
    for (const [c, power] of powers.entries()) scores[row * CLASSES.length + c] = power / sum;
    targets.push(random.below(5) === 0 ? null : CLASSES[random.below(3)]!);
  }
  return {
    embeddings: { rows, columns: COLUMNS, data },
    scores: { rows, columns: CLASSES.length, data: scores },
    targets,
    statistics: {
      first: data.filter((_, i) => i % COLUMNS === 0),
      sign: data.filter((_, i) => i % COLUMNS === 0).map(Math.sign),
    },
  };
}

function randomProfile(random: Random): Profile {
  const rows = [30, 60, 200, 1_000][random.below(4)]!;
  const clusters = [1, 3, 5, 12][random.below(4)]!;
  return fitProfile(rowsOf(random, rows, 0, random.below(2) === 0), { classes: CLASSES }, { clusters, restarts: 1 });
}

function randomOptions(random: Random): DriftOptions {
  const methods = [
    ['js'],
    ['psi'],
    ['js', 'psi', 'labels'],
    ['js', 'labels', 'confidence', 'entropy', 'accuracy'],
    ['all'],
    undefined,
  ];
  const chosen = methods[random.below(20) === 0 ? 4 : [0, 1, 2, 3, 5][random.below(5)]!];
  const alpha = [0.05, 0.05, 0.01, 0.2][random.below(4)]!;
  const draws = 199;
  const limit = chosen?.includes('js') && random.below(3) === 0 ? { threshold: { js: 0.2 * random.uniform() } } : {};
  return { methods: chosen, alpha, draws, ...limit, ...(random.below(4) === 0 ? { adjust: 'bh' as const } : {}) };
}

function isOutside({ value, band }: MethodReport): boolean {
  return value < band![0] || value > band![1];
}

function checkMethod(name: string, report: MethodReport, { settings }: DriftReport): void {
  const { value, low, high, band, p, p_adjusted: adjusted, verdict } = report;
  assert.is(band === null, p === null, 'a band and a p-value belong together');
  assert.not.ok(verdict !== null && p === null, 'a verdict follows from a p-value');
  if (p === null) return;
  assert.is(isOutside(report), p <= settings.alpha, `value ${value}, band ${band}, p ${p}`);
  assert.is(adjusted === null, settings.adjust === null);
  assert.ok(adjusted === null || adjusted >= p, `adjusted from ${p} to ${adjusted}`);
  const limit = settings.threshold[name];
  const isDrift = (adjusted ?? p) <= settings.alpha && (limit === undefined || value >= limit);
  assert.is(verdict === 'drift', isDrift, `verdict ${verdict}, p ${p}, adjusted ${adjusted}, threshold ${limit}`);
  if (name === 'images' || name === 'repeats') assert.equal([low, high], [null, null]);
  else assert.ok(low! <= value && value <= high!, `${low} to ${high} without ${value}`);
  if (INVERTED.includes(name)) assert.is(low! > 0, p <= 0.05, `interval from ${low}, p ${p}`);
}

function checkWindow(window: WindowReport, report: DriftReport): void {
  const { methods, verdict, alarmed_by: name, p, rows_needed: needed, effective_rows: rows } = window;
  const known = Object.entries(methods).flatMap(([method, found]) => (found ? [[method, found] as const] : []));
  for (const [method, found] of known) {
    try {
      checkMethod(method, found, report);
    } catch (error) {
      throw new Error(`${method}: ${(error as Error).message}`, { cause: error });
    }
  }
  const drifted = known.filter(([, found]) => found.verdict === 'drift');
  assert.is(verdict === 'drift', drifted.length > 0, 'drift, if a method says so');
  assert.is(name === null, drifted.length === 0, 'what alarmed is named, if anything did');
  if (name !== null) {
    assert.is(methods[name]!.p, Math.min(...drifted.map(([, found]) => found.p!)), 'the surest alarm is named');
  }
  if (verdict !== 'drift') {
    for (const [, found] of known) assert.is(found.verdict === null, found.p === null, 'so does a verdict');
  }
  const ps = known.flatMap(([, found]) => found.p ?? []);
  assert.is(p, ps.length === 0 ? null : Math.min(...ps));
  if (verdict === 'too few rows' && report.baseline.rows_needed === null && 'js' in methods) {
    assert.ok(needed === null || needed > rows, `${rows} rows are too few, ${needed} would do`);
  }
  const { js } = methods;
  if (js) {
    const distance = jensenShannonDistance(window.clusters.baseline, window.clusters.window, { base: js.base! });
    assert.ok(Math.abs(js.value - distance) < 1e-9, `${js.value} is not the distance of the shares, ${distance}`);
  }
  const { accuracy, accuracy_test: test } = window;
  if (test) {
    const isSure = (test.p_adjusted ?? test.p) <= report.settings.alpha;
    assert.is(test.verdict !== 'within chance', isSure);
    if (isSure) assert.is(test.verdict, accuracy! < test.baseline ? 'lower' : 'higher');
  }
}

test(`no contradiction in ${WINDOWS.toLocaleString('en')} random windows`, () => {
  const verdicts = new Map<string, number>();
  for (let first = 0; first < WINDOWS; first += EACH) {
    const random = Random.stream(1, first);
    const profile = randomProfile(random);
    const windows = Array.from({ length: EACH }, (_, i) => {
      const counter = new WindowCounter(profile, { sampleRows: 100 });
      const [rows, shift] = [1 + random.below(400), random.below(2) * random.uniform()];
      counter.add(rowsOf(random, rows, shift, random.below(3) === 0));
      return { name: `window ${first + i}`, summary: counter.summary() };
    });
    const report = driftReport(profile, windows, randomOptions(random));
    for (const window of report.windows) {
      verdicts.set(`${window.verdict}`, (verdicts.get(`${window.verdict}`) ?? 0) + 1);
      try {
        checkWindow(window, report);
      } catch (error) {
        throw new Error(`${window.name}, ${JSON.stringify(report.settings)}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
  }
  for (const verdict of ['drift', 'no drift', 'too few rows']) assert.ok(verdicts.get(verdict)! > 0, verdict);
});
