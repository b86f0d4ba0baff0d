import { Random } from '../../base/index.js';
import {
  type DriftBatch,
  driftReport,
  fitProfile,
  parseProfile,
  profileToJson,
  windowCauses,
} from '../../drift/index.js';
import { assert, test } from '../support/test.js';
import { pluck, summaryOf } from './support.js';

const CLASSES = ['ship', 'cat', 'dog'];
/** Ships are bright, dogs are dark. */
const LIGHT = [0.7, 0.5, 0.3];

interface Change {
  light?: number;
  /** The score of the predicted class. */
  confidence?: number;
}

/** @param shares of the classes */
function batch(
  rows: number,
  shares: readonly number[],
  seed: number,
  { light = 0, confidence = 0 }: Change = {},
): DriftBatch {
  const random = new Random(seed);
  const classes = Array.from({ length: rows }, (_, row) => {
    const place = (row + 0.5) / rows;
    return place < shares[0]! ? 0 : place < shares[0]! + shares[1]! ? 1 : 2;
  });
  const brightness = classes.map((index) => LIGHT[index]! + 0.06 * random.normal() + light);
  const sure = classes.map(() => Math.min(0.99, 0.85 + confidence + 0.05 * random.normal()));
  const scores = classes.flatMap((own, row) =>
    CLASSES.map((_, index) => (index === own ? sure[row]! : (1 - sure[row]!) / 2)),
  );
  const hex = (value: number) => value.toString(16).padStart(16, '0');
  const looks = classes.map(() => hex(random.below(2 ** 32)));
  const nothing = { bytes: null, grids: null, bright: null, blurred: null, width: null, height: null };
  const data = Float32Array.from(classes.flatMap((index) => [index + 0.1 * random.normal(), random.normal()]));
  return {
    embeddings: { rows, columns: 2, data },
    scores: { rows, columns: 3, data: Float32Array.from(scores) },
    statistics: { brightness },
    images: { ...nothing, looks, dark: brightness.map((value) => value + 0.1) },
  };
}

const EVEN = [1 / 3, 1 / 3, 1 / 3];
const FEW_SHIPS = [0.05, 0.3, 0.65];
const profile = fitProfile(batch(3_000, EVEN, 1), { classes: CLASSES }, { seed: 1, restarts: 1 });

function causesOf(window: DriftBatch) {
  return windowCauses(profile, summaryOf(profile, window));
}

const kindsOf = (window: DriftBatch) => pluck(causesOf(window).images, 'kind');

test('fewer bright ships are other classes, not darker images', () => {
  const { images, words } = causesOf(batch(600, FEW_SHIPS, 2));
  assert.equal(pluck(images, 'kind'), ['other mix of classes']);
  assert.is(words[0], 'other mix of classes: predicted "dog": 33 % → 65 %, predicted "ship": 33 % → 5 %');
  assert.is(words.filter((text) => text.includes('"dog"')).length, 1, 'a class is told once');
});

test('images of the same classes that are darker are darker', () => {
  assert.equal(kindsOf(batch(600, EVEN, 3, { light: -0.15 })), ['darker']);
});

test('darker images among other classes are darker, as classes do not explain all', () => {
  assert.equal(kindsOf(batch(600, FEW_SHIPS, 4, { light: -0.15 })), ['darker']);
});

test('other classes of which the network is less sure are not only other classes', () => {
  assert.equal(kindsOf(batch(600, [0.25, 0.3, 0.45], 5, { confidence: -0.3 })).includes('other mix of classes'), false);
});

test('no change has no cause, and a profile keeps what it takes', () => {
  assert.equal(kindsOf(batch(600, EVEN, 6)), []);
  const read = parseProfile(profileToJson(profile), 'profile.json');
  assert.equal(read.reference!.classed, profile.reference!.classed);
  assert.is(profile.reference!.classed!.weights.length, profile.reference!.rows);
});

test('a damaged profile is refused with the place', () => {
  const json = JSON.parse(profileToJson(profile));
  json.reference.classed.predicted[0] = 7;
  assert.throws(() => parseProfile(JSON.stringify(json), 'p.json'), /classed\.predicted: 7, at most 2 is possible/);
});

test('a check and a cause say the same, and a fall is no finding', () => {
  const findings = (window: DriftBatch) => {
    const summary = summaryOf(profile, window);
    const { words: causes } = windowCauses(profile, summary);
    return driftReport(profile, [{ name: 'w', summary, causes }], { methods: ['js'] }).windows[0]!.images!.findings;
  };
  assert.equal(findings(batch(600, EVEN, 7, { light: 0.3 })), [], 'fewer dark images are no finding');
  assert.match(findings(batch(600, EVEN, 8, { light: -0.25 }))[0]!, /^\d+ of 600 images are dark; baseline: \d/);
  assert.equal(findings(batch(600, FEW_SHIPS, 9)), [], 'dark dogs are other classes, not dark images');
});
