/** Two causes at once: which ones, and in which order, by image statistics alone. */
import { applyCauses, type CauseFamilyName, type CauseSetting, causeLibrary, causeMake } from '../../data/index.js';
import { CauseSpline, ImageFeatures } from '../../drift/index.js';
import { LibraryLook, type LookedCause } from '../../pipeline/explain/library-look.js';
import { imageTable, LookThreads, STATISTIC_COLUMNS } from '../../pipeline/explain/look-threads.js';
import { propose } from '../../pipeline/explain/propose.js';
import { settled } from '../../pipeline/explain/refine.js';
import { fashionImages } from '../support/image-files.js';
import { assert, test } from '../support/test.js';

const [KNOWN, OWN] = [300, 400];
const FAMILIES: readonly CauseFamilyName[] = ['brightness', 'gamma', 'contrast', 'gaussian_blur', 'gaussian_noise'];
const SEED = 99;

/** The library of a few families. */
function looked(look: LibraryLook): Promise<LookedCause[]> {
  const makes = FAMILIES.flatMap((family) => Object.keys(causeLibrary[family].makes).map((make) => ({ family, make })));
  return Promise.all(
    makes.map(async (cause) => {
      const strengths = causeMake(cause).strengths(look.side);
      const moves = await Promise.all(strengths.map((strength) => look.moveOf([{ ...cause, strength }])));
      return { ...cause, spline: new CauseSpline({ strengths, moves }) };
    }),
  );
}

const threads = new LookThreads();

test.after(() => threads.close());

test('noise after a loss of contrast is found as such, though contrast is usually lost after the noise', async () => {
  const all = await fashionImages(KNOWN + OWN);
  const [images, own] = [all.slice(0, KNOWN), all.slice(KNOWN)];
  const table = imageTable(images);
  const features = new ImageFeatures(table, STATISTIC_COLUMNS);
  const lookAt = (count: number) =>
    LibraryLook.at(
      Array.from({ length: count }, (_, i) => images[Math.floor((i * KNOWN) / count)]!),
      { threads, features },
    );
  const [look, few] = [await lookAt(150), await lookAt(48)];
  const causes: CauseSetting[] = [
    { family: 'contrast', make: 'mean', strength: 0.45 },
    { family: 'gaussian_noise', make: 'colour', strength: 0.08 },
  ];
  const changed = imageTable(own.map((image, row) => applyCauses(image, causes, SEED, row)));
  const window = features.of(changed);
  const clean = features.of(table);
  const apart = window.map((value, i) => value - clean[i]!);
  const chance = features.varianceOf(changed) / OWN + features.variance / KNOWN;
  const [first] = await propose({ look, few }, await looked(look), apart, chance);
  const fine = await lookAt(KNOWN);
  const looks = { fine, sharing: () => Promise.resolve(fine) };
  const found = await settled(looks, first!, apart, features.rowsOf(changed));
  assert.equal(
    found.causes.map(({ family }) => family),
    ['contrast', 'gaussian_noise'],
  );
  const [contrast, noise] = found.causes.map(({ strength }) => strength);
  assert.ok(Math.abs(contrast! - 0.45) < 0.08, `contrast ${contrast}`);
  assert.ok(Math.abs(noise! - 0.08) < 0.02, `noise ${noise}`);
});
