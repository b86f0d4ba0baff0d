/** Near duplicates as a cause: a camera that stands still, and not an object that makes different images alike. */
import { Random } from '../../base/index.js';
import {
  type DriftBatch,
  driftReport,
  fitProfile,
  parseProfile,
  profileToJson,
  WindowCounter,
  windowCauses,
} from '../../drift/index.js';
import { assert, test } from '../support/test.js';

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
  const counter = new WindowCounter(profile);
  counter.add(window);
  return windowCauses(profile, counter.summary()).images.map(({ kind }) => kind);
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
    const summaryOf = (light: number) => {
      const counter = new WindowCounter(against);
      counter.add(withBlack(600, random, light));
      return counter.summary();
    };
    const [same] = driftReport(against, [{ name: 'same', summary: summaryOf(0.48) }], { draws: 199 }).windows;
    assert.is(same!.verdict, 'no drift', `seed ${seed}`);
    const [cause] = windowCauses(against, summaryOf(0.4)).images;
    assert.match(cause!.words, /darker: mean brightness 0\.4\d → 0\.3\d/);
    assert.equal(parseProfile(profileToJson(against), 'p.json'), against);
  }
});
