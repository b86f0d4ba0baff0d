import { Random } from '../../base/index.js';
import { type ChangedRow, pairedAccuracy, planLabels } from '../../drift/index.js';
import { assert, test } from '../support/test.js';

const IMAGES = 3_000;

interface Image extends Omit<ChangedRow, 'planned'> {
  confidence: number;
  isChanged: boolean;
}

/** Images of ten classes, some predicted otherwise by a new model, which is as often right where `better` is 0. */
function imagesOf(better: number, clip: number): Image[] {
  const random = Random.stream(3, clip);
  const images: Image[] = [];
  for (let i = 0; i < IMAGES; i++) {
    if (i % clip !== 0) {
      images.push({ ...images[i - 1]! });
      continue;
    }
    const confidence = 0.4 + 0.6 * Math.sqrt(random.uniform());
    const isChanged = random.uniform() < 1.1 - confidence;
    // The new model is surer where it is right more often.
    const gain = 0.8 * (random.uniform() - 0.5);
    const u = random.uniform();
    const won = 0.4 + better / 2 + 0.7 * gain;
    images.push({
      ...{ confidence, isChanged, gain, group: Math.floor(i / clip) },
      newRight: isChanged && u < won,
      oldRight: isChanged && u >= won && u < 0.8,
    });
  }
  return images;
}

/** By hand: the new model's right predictions, less the old one's. */
function truthOf(images: readonly Image[]): number {
  return images.reduce((sum, { newRight, oldRight }) => sum + Number(newRight) - Number(oldRight), 0) / images.length;
}

function drawsOf(images: readonly Image[], budget: number, draws: number) {
  const columns = {
    confidence: images.map(({ confidence }) => confidence),
    rates: images.map(({ confidence }) => confidence),
    clusters: images.map(() => 0),
    units: images.map(({ group }) => group),
    segments: null,
  };
  const changed = images.filter(({ isChanged }) => isChanged);
  const share = changed.length / images.length;
  const gain = changed.reduce((sum, one) => sum + one.gain, 0) / changed.length;
  return Array.from({ length: draws }, (_, seed) => {
    const { labels } = planLabels(columns, budget, seed);
    const rows = labels.flatMap(({ row, probability }) => {
      const image = images[row]!;
      return image.isChanged ? [{ ...image, planned: { stratum: 'a', probability } }] : [];
    });
    return { powered: pairedAccuracy(rows, { share, gain }), rows, share };
  });
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

for (const clip of [1, 10]) {
  test(`the difference by a plan is that of all images, in clips of ${clip}: 600 draws`, () => {
    const images = imagesOf(0.2, clip);
    const truth = truthOf(images);
    const draws = drawsOf(images, 150, 600);
    const found = draws.map(({ powered }) => powered.difference);
    const held = found.filter(({ low, high }) => low <= truth && truth <= high).length;
    assert.ok(held >= 558, `${held} of 600 hold ${truth}`);
    const error = Math.sqrt(meanOf(found.map(({ value }) => (value - truth) ** 2)));
    const bias = meanOf(found.map(({ value }) => value)) - truth;
    assert.ok(Math.abs(bias) < 0.15 * error, `bias ${bias}, error ${error}`);
    const width = meanOf(found.map(({ low, high }) => high - low));
    // An image counts as if its whole clip were alike, and a plan draws few of each: intervals are wider than need be.
    assert.ok(width < (clip === 1 ? 5 : 6.5) * error, `${width} wide, error ${error}`);
    const byLabels = meanOf(
      draws.map(({ powered: { right_to_wrong: lost, wrong_to_right: won } }) => (won.value - lost.value - truth) ** 2),
    );
    assert.ok(error < 0.97 * Math.sqrt(byLabels), `confidence helps: ${error}, ${Math.sqrt(byLabels)}`);
  });
}

test('where neither model is better, at most 5 % of 800 draws say so', () => {
  const images = imagesOf(0, 1);
  // Images of the one kind are left out until both are as often right.
  const surplus = Math.round(truthOf(images) * images.length);
  let left = Math.abs(surplus);
  const even = images.filter(({ newRight, oldRight }) => !((surplus > 0 ? newRight : oldRight) && left-- > 0));
  assert.is(truthOf(even), 0);
  const wrong = drawsOf(even, 200, 800).filter(({ powered: { difference } }) => difference.p <= 0.05);
  assert.ok(wrong.length <= 48, `${wrong.length} of 800`);
  for (const { powered } of wrong) assert.ok(powered.difference.low * powered.difference.high >= 0);
});

test('few labels of a plan: exact', () => {
  const row = (newRight: boolean): ChangedRow => ({
    ...{ newRight, oldRight: !newRight, gain: 0.1, group: Number(newRight) },
    planned: { stratum: 'a', probability: 0.1 },
  });
  const { difference } = pairedAccuracy([row(true), row(false)], { share: 0.5, gain: 0 });
  assert.equal([difference.value, difference.p], [0, 1]);
});
