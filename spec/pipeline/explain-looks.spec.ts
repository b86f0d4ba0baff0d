import { applyCauses, type CauseFamilyName, type CauseSetting, causeLibrary, causeMake } from '../../data/index.js';
import { CauseSpline, ImageFeatures } from '../../drift/index.js';
import { LibraryLook, type LookedCause } from '../../pipeline/explain/library-look.js';
import { imageTable, LookThreads, STATISTIC_COLUMNS } from '../../pipeline/explain/look-threads.js';
import { propose } from '../../pipeline/explain/propose.js';
import { leftBy, settled } from '../../pipeline/explain/refine.js';
import { fashionImages } from '../support/image-files.js';
import { assert, test } from '../support/test.js';

const FAMILIES: readonly CauseFamilyName[] = ['brightness', 'gamma', 'contrast', 'gaussian_blur', 'gaussian_noise'];
const OWN = 400;
const SEED = 99;
const threads = new LookThreads();

test.after(() => threads.close());

/** What is known of `known` images, and of a window of others, of which a share has the causes. */
async function lookedAt(known: number, causes: readonly CauseSetting[], share = 1) {
  const all = await fashionImages(known + OWN);
  const [images, own] = [all.slice(0, known), all.slice(known)];
  const table = imageTable(images);
  const features = new ImageFeatures(table, STATISTIC_COLUMNS);
  const changed = (image: (typeof own)[number], row: number) =>
    row < share * OWN ? applyCauses(image, causes, SEED, row) : image;
  const window = imageTable(own.map(changed));
  const clean = features.of(table);
  const apart = features.of(window).map((value, i) => value - clean[i]!);
  const chance = features.varianceOf(window) / OWN + features.variance / known;
  const lookAt = (count: number) => {
    const some = Array.from({ length: count }, (_, i) => images[Math.floor((i * known) / count)]!);
    return LibraryLook.at(some, { threads, features });
  };
  const fine = await lookAt(known);
  const looks = { fine, sharing: () => Promise.resolve(fine) };
  return { apart, chance, lookAt, looks, fine, rows: features.rowsOf(window) };
}

async function curveOf(look: LibraryLook, cause: Pick<LookedCause, 'family' | 'make'>): Promise<LookedCause> {
  const { family, make } = cause;
  const strengths = causeMake(cause).strengths(look.side);
  const moves = await Promise.all(strengths.map((strength) => look.moveOf([{ family, make, strength }])));
  return { family, make, spline: new CauseSpline({ strengths, moves }) };
}

test('noise after a loss of contrast is found as such, though contrast is usually lost after the noise', async () => {
  const { apart, chance, lookAt, looks, rows } = await lookedAt(300, [
    { family: 'contrast', make: 'mean', strength: 0.45 },
    { family: 'gaussian_noise', make: 'colour', strength: 0.08 },
  ]);
  const [look, few] = [await lookAt(150), await lookAt(48)];
  const makes = FAMILIES.flatMap((family) => Object.keys(causeLibrary[family].makes).map((make) => ({ family, make })));
  const library = await Promise.all(makes.map((cause) => curveOf(look, cause)));
  const [first] = await propose({ look, few }, library, apart, chance);
  const found = await settled(looks, first!, apart, rows);
  const families = found.causes.map(({ family }) => family);
  assert.equal(families, ['contrast', 'gaussian_noise']);
  const [contrast, noise] = found.causes.map(({ strength }) => strength);
  assert.ok(Math.abs(contrast! - 0.45) < 0.08, `contrast ${contrast}`);
  assert.ok(Math.abs(noise! - 0.08) < 0.02, `noise ${noise}`);
});

for (const [cause, share] of [
  [{ family: 'brightness', make: 'factor', strength: 0.45 }, 0.4],
  [{ family: 'gaussian_blur', make: 'repeat', strength: 1.2 }, 0.1],
  [{ family: 'gamma', make: 'power', strength: 2 }, 1],
] as readonly [CauseSetting, number][]) {
  test(`${cause.family} in ${100 * share} % of the images is found in so many`, async () => {
    const { apart, looks, fine, rows } = await lookedAt(400, [cause], share);
    const looked = await curveOf(fine, cause);
    // From the next strength of the library, which is not the one that is asked for.
    const position = looked.spline.curve.strengths.findIndex((strength) => strength > cause.strength);
    const first = await leftBy(fine, [{ cause: looked, position }], apart);
    const found = await settled(looks, first, apart, rows);
    assert.ok(Math.abs(found.share - share) < 0.03, `${found.share}`);
    assert.ok(Math.abs(found.causes[0]!.strength / cause.strength - 1) < 0.15, `${found.causes[0]!.strength}`);
  });
}
