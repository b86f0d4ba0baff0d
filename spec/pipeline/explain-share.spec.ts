/** A cause in a part of the images: how strong it is, and in how many. */
import { applyCauses, type CauseSetting, causeMake } from '../../data/index.js';
import { CauseSpline, ImageFeatures } from '../../drift/index.js';
import { LibraryLook, type LookedCause } from '../../pipeline/explain/library-look.js';
import { imageTable, LookThreads, STATISTIC_COLUMNS } from '../../pipeline/explain/look-threads.js';
import { leftBy, settled } from '../../pipeline/explain/refine.js';
import { fashionImages } from '../support/image-files.js';
import { assert, test } from '../support/test.js';

const [KNOWN, OWN] = [400, 400];
const SEED = 99;
const threads = new LookThreads();

test.after(() => threads.close());

for (const [cause, share] of [
  [{ family: 'brightness', make: 'factor', strength: 0.45 }, 0.4],
  [{ family: 'gaussian_blur', make: 'repeat', strength: 1.2 }, 0.1],
  [{ family: 'gamma', make: 'power', strength: 2 }, 1],
] as readonly [CauseSetting, number][]) {
  test(`${cause.family} in ${100 * share} % of the images is found in so many`, async () => {
    const all = await fashionImages(KNOWN + OWN);
    const [images, own] = [all.slice(0, KNOWN), all.slice(KNOWN)];
    const features = new ImageFeatures(imageTable(images), STATISTIC_COLUMNS);
    const fine = await LibraryLook.at(images, { threads, features });
    const window = imageTable(
      own.map((image, row) => (row < share * OWN ? applyCauses(image, [cause], SEED, row) : image)),
    );
    const clean = features.of(imageTable(images));
    const apart = features.of(window).map((value, i) => value - clean[i]!);
    const strengths = causeMake(cause).strengths(fine.side);
    const moves = await Promise.all(strengths.map((strength) => fine.moveOf([{ ...cause, strength }])));
    const looked: LookedCause = { ...cause, spline: new CauseSpline({ strengths, moves }) };
    // From the next strength of the library, which is not the one that is asked for.
    const position = strengths.findIndex((strength) => strength > cause.strength);
    const first = await leftBy(fine, [{ cause: looked, position }], apart);
    const looks = { fine, sharing: () => Promise.resolve(fine) };
    const found = await settled(looks, first, apart, features.rowsOf(window));
    assert.ok(Math.abs(found.share - share) < 0.03, `${found.share}`);
    assert.ok(Math.abs(found.causes[0]!.strength / cause.strength - 1) < 0.15, `${found.causes[0]!.strength}`);
  });
}
