/** Images that come more than once, as frames of a still camera do: no copy of one is in both halves of a baseline. */
import { Random } from '../../base/index.js';
import {
  BaselineCounter,
  type DriftBatch,
  driftReport,
  fitProfile,
  type Matrix,
  mergeProfiles,
  profileToJson,
  WindowCounter,
} from '../../drift/index.js';
import { amount, assert, test } from '../support/test.js';

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
    const counter = new WindowCounter(profile);
    counter.add(clips(100, random));
    const options = { methods: ['classifier', 'mmd'], seed: trial, draws: 99 };
    const { windows } = driftReport(profile, [{ name: 'w', summary: counter.summary(), causes: null }], options);
    for (const name of ['classifier', 'mmd'] as const) {
      if ((windows[0]!.methods[name]?.p ?? 1) <= 0.05) alarms[name]++;
    }
  }
  // At 5 %, one in 20 is expected; five or more in 20 come in one of 400 such runs.
  const most = Math.max(4, Math.ceil(trials * 0.1));
  assert.ok(alarms.classifier <= most && alarms.mmd <= most, `${JSON.stringify(alarms)} of ${trials}`);
});

test('copies are on one side, whichever shard they are in', () => {
  const baseline = clips(60, new Random(3));
  const whole = fitProfile(baseline, {}, { seed: 2 });
  const part = (from: number, to: number): Matrix => {
    return {
      rows: to - from,
      columns: DIMENSIONS,
      data: baseline.embeddings.data.slice(from * DIMENSIONS, to * DIMENSIONS),
    };
  };
  const shards = [0, 155].map((from, i) => {
    const counter = new BaselineCounter(whole, { firstRow: from });
    counter.add({ embeddings: part(from, [155, 600][i]!) });
    return counter.profile();
  });
  const merged = mergeProfiles(shards[0]!, shards[1]!);
  assert.is(profileToJson(merged), profileToJson(whole));
  assert.is(whole.reference!.rows % COPIES, 0, 'whole clips');
  assert.ok(whole.reference!.sample.weights.every((weight) => weight === COPIES));
});
