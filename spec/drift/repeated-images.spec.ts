/** Images that come more than once, as frames of a still camera do: no copy of one is in both halves of a baseline. */
import { Random } from '../../base/index.js';
import {
  type DriftBatch,
  fitProfile,
  mergeProfiles,
  parseProfile,
  profileToJson,
  windowCauses,
} from '../../drift/index.js';
import { amount, assert, test } from '../support/test.js';
import { judged, pluck, shardsOf, summaryOf } from './support.js';

const COPIES = 10;
const DIMENSIONS = 8;

/** Clips of identical frames, each of a new scene. */
function clips(count: number, random: Random): DriftBatch {
  const data = new Float32Array(count * COPIES * DIMENSIONS);
  for (let clip = 0; clip < count; clip++) {
    const frame = Float32Array.from({ length: DIMENSIONS }, () => random.normal());
    for (let copy = 0; copy < COPIES; copy++) data.set(frame, (clip * COPIES + copy) * DIMENSIONS);
  }
  return { embeddings: { rows: count * COPIES, columns: DIMENSIONS, data } };
}

test('clips of 10 identical frames without drift: classifier and mmd alarm at their nominal rate', () => {
  const trials = amount(200, 20);
  const alarms = { classifier: 0, mmd: 0 };
  for (let trial = 0; trial < trials; trial++) {
    const random = Random.stream(5, trial);
    const profile = fitProfile(clips(100, random), {}, { seed: trial, restarts: 1 });
    const options = { methods: ['classifier', 'mmd'], seed: trial, draws: 99 };
    const { methods } = judged(profile, clips(100, random), options);
    for (const name of ['classifier', 'mmd'] as const) {
      if ((methods[name]?.p ?? 1) <= 0.05) alarms[name]++;
    }
  }
  // At 5 %, one in 20 is expected; five or more in 20 come in one of 400 such runs.
  const most = Math.max(4, Math.ceil(trials * 0.1));
  assert.ok(alarms.classifier <= most && alarms.mmd <= most, `${JSON.stringify(alarms)} of ${trials}`);
});

test('copies are on one side, whichever shard they are in', () => {
  const baseline = clips(60, new Random(3));
  const whole = fitProfile(baseline, {}, { seed: 2 });
  const merged = shardsOf(whole, baseline, [0, 155]).reduce(mergeProfiles);
  assert.is(profileToJson(merged), profileToJson(whole));
  assert.is(whole.reference!.rows % COPIES, 0, 'whole clips');
  assert.ok(whole.reference!.sample.weights.every((weight) => weight === COPIES));
});

// Near duplicates as a cause: a camera that stands still, and not an object that makes different images alike.

/** @param scenes different images; each comes equally often @param light added to all of them */
function batch(rows: number, scenes: number, random: Random, light = 0): DriftBatch {
  const values = Array.from({ length: scenes }, () => [0.5 + 0.1 * random.normal(), random.below(2 ** 32)] as const);
  const of = Array.from({ length: rows }, (_, row) => values[row % scenes]!);
  const data = Float32Array.from(of, ([, hash]) => hash / 2 ** 32);
  const looks = of.map(([, hash]) => hash.toString(16).padStart(16, '0'));
  const nothing = { bytes: null, grids: null, dark: null, bright: null, blurred: null, width: null, height: null };
  return {
    embeddings: { rows, columns: 1, data },
    statistics: { brightness: of.map(([brightness]) => brightness + light) },
    images: { ...nothing, looks },
  };
}

const random = new Random(3);
const profile = fitProfile(batch(1_000, 1_000, random), {}, { seed: 1, restarts: 1 });

function kinds(window: DriftBatch): string[] {
  return pluck(windowCauses(profile, summaryOf(profile, window)).images, 'kind');
}

test('thirty scenes, each ten times', () => assert.equal(kinds(batch(300, 30, random)), ['repeated images']));

test('images without a change', () => assert.equal(kinds(batch(300, 300, random)), []));

test('images that became alike because they changed: the change is told', () => {
  assert.equal(kinds(batch(300, 150, random, 0.3)), ['brighter']);
});

/** Every tenth row is the same black image. */
function withBlack(rows: number, random: Random, light: number): DriftBatch {
  const isBlack = (row: number) => row % 10 === 0;
  const data = Float32Array.from({ length: 4 * rows }, (_, i) => (isBlack(Math.floor(i / 4)) ? 7 : random.normal()));
  const brightness = Array.from({ length: rows }, (_, row) => (isBlack(row) ? 0 : light + 0.1 * random.normal()));
  return { embeddings: { rows, columns: 4, data }, statistics: { brightness } };
}

test('an image that is a tenth of the baseline is a tenth of what windows are compared with', () => {
  for (const seed of [0, 1, 2, 3]) {
    const random = new Random(seed);
    const against = fitProfile(withBlack(2_500, random, 0.48), {}, { seed, restarts: 1 });
    const lit = (light: number) => summaryOf(against, withBlack(600, random, light));
    assert.is(judged(against, lit(0.48), { draws: 199 }).verdict, 'no drift', `seed ${seed}`);
    const [cause] = windowCauses(against, lit(0.4)).images;
    assert.match(cause!.words, /darker: mean brightness 0\.4\d → 0\.3\d/);
    assert.equal(parseProfile(profileToJson(against), 'p.json'), against);
  }
});
