import { createHash } from 'node:crypto';
import { Random } from '../../base/index.js';
import {
  type DriftBatch,
  driftReport,
  fitProfile,
  type ImageRows,
  type ImagesReport,
  mergeProfiles,
  mergeWindowSummaries,
  type Profile,
  parseProfile,
  profileToJson,
  RankedRows,
  type WindowSummary,
} from '../../drift/index.js';
import { KeyCounts, SmallestKeys } from '../../drift/rows/keys.js';
import { assert, test } from '../support/test.js';
import { judged, mixture, partOf, refused, shardsOf, summaryOf, tuples } from './support.js';

const NOTHING: ImageRows = {
  ...{ bytes: null, looks: null, grids: null, width: null, height: null },
  ...{ dark: null, bright: null, blurred: null },
};
const sha256 = (content: number | string) => createHash('sha256').update(String(content)).digest('hex');
const phash = (look: number) => sha256(`look ${look}`).slice(0, 16);

/** Images that are all different and good, except for what is given. */
function images(rows: number, first: number, given: Partial<ImageRows> = {}): ImageRows {
  const numbers = Array.from({ length: rows }, (_, row) => first + row);
  const all = (value: number) => new Float64Array(rows).fill(value);
  return {
    bytes: numbers.map(sha256),
    looks: numbers.map(phash),
    grids: null,
    dark: all(0.9),
    bright: all(0.5),
    blurred: all(0.8),
    width: Float64Array.from(numbers, (number) => 400 + (number % 100)),
    height: Float64Array.from(numbers, (number) => 300 + (number % 100)),
    ...given,
  };
}

const batchOf = (rows: number, of: ImageRows | null, seed = 5): DriftBatch => ({
  embeddings: mixture(rows, 4, 3, seed),
  images: of,
});
const BASELINE = images(1000, 0);
const profile = fitProfile(batchOf(1000, BASELINE));

function counted(batch: DriftBatch, against: Profile = profile): WindowSummary {
  return summaryOf(against, batch, { sampleRows: 0 });
}

function reported(of: ImageRows | null, rows = 1000, against: Profile = profile): ImagesReport | null {
  return judged(against, counted(batchOf(rows, of, 6), against)).images;
}

const repeatEach = (values: readonly unknown[], times: number) => values.map((_, i) => values[i - (i % times)]!);

test('copies in a window, images of the baseline, and what looks alike', () => {
  const fresh = images(1000, 5000);
  const bytes = [...fresh.bytes!];
  const looks = [...fresh.looks!];
  // 200 files are copies of another 100: 300 that have an equal; 50 are the baseline's; 40 look like another, 10 like the baseline.
  for (let i = 0; i < 200; i++) [bytes[i], looks[i]] = [bytes[200 + (i % 100)], looks[200 + (i % 100)]];
  for (let i = 300; i < 350; i++) [bytes[i], looks[i]] = [BASELINE.bytes![i], BASELINE.looks![i]];
  for (let i = 350; i < 370; i++) looks[i] = looks[i + 20];
  for (let i = 400; i < 410; i++) looks[i] = BASELINE.looks![i];
  const report = reported({ ...fresh, bytes, looks })!;
  const baseline = { images: 1000, within: 0 };
  assert.equal(report.duplicates, {
    exact: { images: 1000, within: 300, in_baseline: 50, baseline, estimated: false },
    near: { images: 1000, within: 40, in_baseline: 10, baseline, estimated: false },
  });
  assert.equal(report.findings, [
    '300 of 1,000 images are exact duplicates of others in the window; baseline: 0.0 %',
    '50 of 1,000 images are exact duplicates of baseline images',
    '40 of 1,000 images are near duplicates of others in the window; baseline: 0.0 %',
    '10 of 1,000 images are near duplicates of baseline images',
  ]);
});

test('as many duplicates as the baseline has are no finding', () => {
  const of = (first: number) => {
    const { bytes, looks, ...rest } = images(1000, first);
    return { ...rest, bytes: repeatEach(bytes!, 2), looks: repeatEach(looks!, 2) };
  };
  const doubled = fitProfile(batchOf(1000, of(0)));
  const report = reported(of(5000), 1000, doubled)!;
  assert.is(report.duplicates.exact!.within, 1000);
  assert.equal(report.duplicates.exact!.baseline, { images: 1000, within: 1000 });
  assert.equal(report.findings, []);
});

test('checks have the thresholds of cleanvision, and the sizes of the baseline', () => {
  const few = (value: number, of: number) => Float64Array.from({ length: 1000 }, (_, i) => (i < 100 ? value : of));
  const share = (report: ImagesReport | null) =>
    Object.fromEntries(report!.checks.map(({ name, share: found }) => [name, found]));
  const none = { dark: 0, bright: 0, blurred: 0, tiny: 0, huge: 0, odd_aspect: 0 };
  assert.equal(share(reported(images(1000, 5000))), none);
  for (const [below, at, name] of [
    [0.3199, 0.32, 'dark'],
    [0.0499, 0.05, 'bright'],
    [0.2899, 0.29, 'blurred'],
  ] as const) {
    assert.equal(share(reported(images(1000, 5000, { [name]: few(below, 0.9) }))), { ...none, [name]: 0.1 });
    assert.equal(share(reported(images(1000, 5000, { [name]: few(at, 0.9) }))), none, `${name} at the threshold`);
  }
  const sized = (width: number, height: number) =>
    share(reported(images(1000, 5000, { width: few(width, 400), height: few(height, 300) })));
  assert.equal(sized(100, 80), { ...none, tiny: 0.1 });
  assert.equal(sized(4000, 3000), { ...none, huge: 0.1 });
  assert.equal(sized(700, 240), { ...none, odd_aspect: 0.1 });
  assert.equal(sized(240, 700), { ...none, odd_aspect: 0.1 });
  assert.equal(profile.images!.sizes, sizesOf(BASELINE));
});

/** The limits of cleanvision's `odd_size`, from NumPy's `percentile(size, [25, 75])` of these 1,000 sizes. */
function sizesOf({ width, height }: ImageRows) {
  const sizes = Array.from(width!, (pixels, i) => Math.sqrt(pixels) * Math.sqrt(height![i]!)).sort((a, b) => a - b);
  const at = (low: number, part: number) => sizes[low]! + (sizes[low + 1]! - sizes[low]!) * part;
  const [first, third] = [at(249, 0.75), at(749, 0.25)];
  return { low: first - 3 * (third - first), high: third + 3 * (third - first) };
}

test('a check that fails more often is told with its p-value, adjusted for all checks of all windows', () => {
  const blurred = Float64Array.from({ length: 1000 }, (_, i) => (i < 140 ? 0.1 : 0.9));
  const windows = [images(1000, 5000, { blurred }), images(1000, 7000)].map((of, i) => {
    return { name: `w${i}`, summary: counted(batchOf(1000, of, 6 + i)) };
  });
  const [first, second] = driftReport(profile, windows).windows;
  const check = first!.images!.checks.find(({ name }) => name === 'blurred')!;
  assert.is(check.found, 140);
  assert.equal(check.baseline, { images: 1000, found: 0, share: 0 });
  // SciPy 1.17: fisher_exact([[140, 860], [0, 1000]])
  assert.ok(Math.abs(check.p! / 7.646e-45 - 1) < 1e-3, String(check.p));
  assert.ok(Math.abs(check.p_adjusted! / (12 * check.p!) - 1) < 1e-9);
  assert.equal(first!.images!.findings, ['140 of 1,000 images are blurred; baseline: 0.0 % (p < 0.001)']);
  assert.equal(second!.images!.findings, []);
});

test('a cause says how many images are so where more are than in the baseline: a mean hides a mixture', () => {
  const part = (count: number) => Float64Array.from({ length: 1000 }, (_, i) => (i < count ? 0.1 : 0.9));
  const causes = (of: Partial<ImageRows>, words: string) => {
    const summary = counted(batchOf(1000, images(1000, 5000, of), 6));
    return driftReport(profile, [{ name: 'w', summary, causes: [words, 'cluster 1: 2 % → 9 % of rows'] }]).windows[0]!
      .causes;
  };
  const cluster = 'cluster 1: 2 % → 9 % of rows';
  assert.equal(causes({ blurred: part(140) }, 'blurred: sharpness down 41 %'), [
    'blurred: 140 of 1,000 images, sharpness down 41 %',
    cluster,
  ]);
  assert.equal(causes({ dark: part(140) }, 'darker: mean brightness 0.5 → 0.4'), [
    'darker: 140 of 1,000 images are dark, mean brightness 0.5 → 0.4',
    cluster,
  ]);
  const said = 'darker: 140 of 1,000 images are dark, 0 % → 14 %';
  assert.equal(causes({ dark: part(140) }, said), [said, cluster]);
  for (const blurred of [part(0), part(9)]) {
    assert.equal(causes({ blurred }, 'blurred: sharpness down 41 %'), ['blurred: sharpness down 41 %', cluster]);
  }
});

test('the flags of ranked rows are those that the checks count: blur by sharpness at equal contrast, else by the score', () => {
  const random = new Random(3);
  const sharp = () => Float64Array.from({ length: 1000 }, () => 1 + random.uniform());
  const sharper = fitProfile({ ...batchOf(1000, BASELINE), statistics: { relative_sharpness: sharp() } });
  const part = (from: number, to: number, low: number) =>
    Float64Array.from({ length: 1000 }, (_, i) => (i >= from && i < to ? low : 0.9));
  const of = images(1000, 5000, { dark: part(100, 160, 0.1), blurred: part(500, 550, 0.1), width: part(0, 7, 9000) });
  const soft = sharp().map((value, i) => (i < 300 ? value / 10 : value));
  const flagged = (against: Profile, batch: DriftBatch) => {
    const rows = new RankedRows(against, 1000);
    const names = { imageUrls: [], eventIds: [] };
    rows.add('w', batch, new Int32Array(1000), names);
    return rows.ranked();
  };
  for (const batch of [{ ...batchOf(1000, of, 6), statistics: { relative_sharpness: soft } }, batchOf(1000, of, 6)]) {
    const rows = flagged(sharper, batch);
    const { checks } = judged(sharper, counted(batch, sharper)).images!;
    for (const { name, found } of checks) {
      assert.is(rows.filter(({ flags }) => flags!.includes(name)).length, found, name);
    }
    const blurred = rows.filter(({ flags }) => flags!.includes('blurred')).map(({ rowNumber }) => rowNumber);
    assert.ok(batch.statistics ? blurred.length >= 300 && Math.min(...blurred) === 0 : blurred.length === 50);
    assert.ok(rows.find(({ rowNumber }) => rowNumber === 120)!.flags!.includes('dark'));
  }
  assert.is(flagged(profile, batchOf(1000, null, 6))[0]!.flags, null);
});

test('rows that repeat are worth less: ten images, each a hundred times, are ten', () => {
  const dark = Float64Array.from({ length: 1000 }, (_, i) => (i < 200 ? 0.1 : 0.9));
  const batch = batchOf(1000, images(1000, 5000, { dark }), 6);
  const { data, columns } = batch.embeddings;
  for (let row = 0; row < 1000; row++) {
    const like = row - (row % 100);
    data.copyWithin(row * columns, like * columns, (like + 1) * columns);
  }
  const p = (summary: WindowSummary) => judged(profile, summary).images!.checks[0]!.p!;
  // SciPy 1.17: fisher_exact([[2, 8], [0, 1000]])
  assert.ok(Math.abs(p(counted(batch)) / 8.8314e-5 - 1) < 1e-3, String(p(counted(batch))));
});

test('the verdict does not depend on dark images, but on black ones', () => {
  const same = batchOf(1000, images(1000, 5000, { dark: new Float64Array(1000).fill(0.2) }), 6);
  const verdict = (of: DriftBatch) => {
    const { images: _, ...rest } = judged(profile, counted(of));
    return rest;
  };
  assert.equal(verdict(same), verdict({ ...same, images: null }));
  const black = verdict({ ...same, images: images(1000, 5000, { dark: new Float64Array(1000) }) });
  assert.equal([black.verdict, black.alarmed_by], ['drift', 'repeats']);
  assert.match(black.notes[0]!, /^100\.0 % of the images are black; baseline: 0\.0 %/);
});

test('nothing is known: null, in the window, in the profile, in single columns', () => {
  assert.is(reported(null), null);
  const withoutImages = fitProfile(batchOf(1000, null));
  assert.is(withoutImages.images, null);
  assert.not.match(profileToJson(withoutImages), '"images"');
  const doubled = images(1000, 5000, { bytes: repeatEach(images(1000, 5000).bytes!, 2) });
  const report = reported(doubled, 1000, withoutImages)!;
  const counts = { images: 1000, within: 1000, in_baseline: null };
  assert.equal(report.duplicates.exact, { ...counts, baseline: null, estimated: false });
  assert.equal(report.findings, [
    '1,000 of 1,000 images are exact duplicates of others in the window; baseline: not known',
  ]);
  assert.equal(
    report.checks.map(({ baseline, p, p_adjusted }) => [baseline, p, p_adjusted]),
    report.checks.map(() => [null, null, null]),
  );
  const bare = reported({ ...NOTHING, looks: images(1000, 5000).looks })!;
  assert.is(bare.duplicates.exact, null);
  assert.is(bare.duplicates.near!.within, 0);
  const unknown = { images: null, found: null, share: null, p: null, p_adjusted: null };
  assert.equal(bare.checks[0], { name: 'dark', ...unknown, baseline: { images: 1000, found: 0, share: 0 } });
});

test('hashes of a wrong length, other values and nulls are not known, and are not counted as equal', () => {
  const good = sha256('good');
  const bytes = [null, undefined, '', good.slice(1), `${good}0`, good, good.toUpperCase(), 7, 7n, true, 'é'.repeat(64)];
  const looks = bytes.map((value) => (typeof value === 'string' ? value.slice(48) : value));
  const numbers = Float64Array.of(Number.NaN, 0, -1, 1e300, Number.POSITIVE_INFINITY, 5, 5, 5, 5, 5, 5);
  const nothing = new Float64Array(bytes.length).fill(Number.NaN);
  const checked = { dark: nothing, bright: nothing, blurred: nothing, width: numbers, height: numbers };
  const of = { bytes, looks, grids: null, ...checked };
  const { duplicates, checks } = reported(of, bytes.length)!;
  assert.equal([duplicates.exact!.images, duplicates.exact!.within], [2, 2], 'upper case is the same hash');
  assert.is(duplicates.near!.images, 2);
  assert.is(checks.find(({ name }) => name === 'dark')!.images, null);
  assert.is(checks.find(({ name }) => name === 'huge')!.images, 7);
});

test('one image, and all identical ones', () => {
  const one = reported(images(1, 5000), 1)!;
  assert.equal([one.duplicates.exact!.within, one.findings], [0, []]);
  const same = images(1000, 5000);
  const all = reported({ ...same, bytes: same.bytes!.map(() => same.bytes![0]) }, 1000)!;
  assert.is(all.duplicates.exact!.within, 1000);
});

test('parts of a window merge to the whole, and shards of a baseline to the profile of one run', () => {
  const mixed = images(1000, 5000);
  const of: ImageRows = {
    ...mixed,
    bytes: repeatEach(mixed.bytes!, 3),
    dark: Float64Array.from({ length: 1000 }, (_, i) => (i % 7) / 7),
  };
  const whole = batchOf(1000, of, 8);
  const [left, right] = [counted(partOf(whole, 0, 350)), counted(partOf(whole, 350, 1000))];
  assert.equal(mergeWindowSummaries(profile, right, left).images, counted(whole).images);

  const fitted = fitProfile(whole);
  assert.equal(shardsOf(fitted, whole, [0, 350]).reduce(mergeProfiles).images, fitted.images);
  assert.ok(fitted.images!.checks.dark.found > 0);
});

test('a profile keeps its images as JSON; lies are refused', () => {
  const text = profileToJson(profile);
  assert.equal(parseProfile(text, 'p.json'), profile);
  assert.is(profileToJson(parseProfile(text, 'p.json')), text);
  const lies = (change: (images: Record<string, Record<string, unknown>>) => void, message: RegExp) => {
    const json = JSON.parse(text);
    change(json.images);
    refused(() => parseProfile(JSON.stringify(json), 'p.json'), 'PROFILE_IMAGES_INVALID', message);
  };
  lies(({ bytes }) => Object.assign(bytes!, { images: 1001 }), /bytes\.images: 1,001, at most 1,000/);
  lies(({ bytes }) => Object.assign(bytes!, { images: 999 }), /bytes: keys of 1,000 images, images says 999/);
  lies(({ looks }) => Object.assign(looks!, { keys: 'AAAAAAEAAAAAAA==' }), /looks\.keys: number 1 is not above/);
  lies(({ bytes }) => Object.assign(bytes!, { repeated: [[1000, 2]] }), /a place: 1,000, at most 999/);
  lies(({ checks }) => Object.assign(checks!, { dark: { images: 3, found: 4 } }), /checks\.dark\.found: 4/);
  lies((all) => Object.assign(all, { sizes: { low: 2, high: 1 } }), /sizes: 2 to 1/);
});

test('the smallest keys and their counts are those of the table that keeps values, too', () => {
  const random = new Random(4);
  for (const [capacity, different, rows] of tuples('1 5 40; 100 90 1000; 100 5000 20000')) {
    const [counts, reference] = [new KeyCounts(capacity), new SmallestKeys<null>(capacity, () => null)];
    const values = Array.from({ length: different }, () => Math.floor(random.uniform() * 2 ** 40));
    for (let row = 0; row < rows; row++) {
      const [key, weight] = [values[random.below(different)]!, 1 + random.below(3)];
      counts.add(key, weight);
      reference.add(key, weight, () => null);
    }
    const kept = reference.kept();
    assert.equal(counts.kept(), {
      keys: Float64Array.from(kept, ({ key }) => key),
      weights: Int32Array.from(kept, ({ weight }) => weight),
    });
  }
});

test('of a baseline and a window beyond what is kept, shares are estimated; the profile stays small', () => {
  const ROWS = 60_000;
  const embeddings = mixture(ROWS, 2, 3, 9);
  const large = images(ROWS, 0);
  const big = fitProfile({ embeddings, images: large }, {}, { restarts: 1, clusters: 2 });
  const text = profileToJson(big);
  assert.ok(text.length < 500_000, `${text.length} characters`);
  assert.equal(parseProfile(text, 'big.json').images, big.images);
  const half = images(ROWS, ROWS / 2);
  const { exact } = judged(big, counted({ embeddings, images: half }, big)).images!.duplicates;
  assert.is(exact!.estimated, true);
  assert.ok(Math.abs(exact!.in_baseline! / (ROWS / 2) - 1) < 0.03, String(exact!.in_baseline));
  assert.equal(exact!.baseline, { images: ROWS, within: 0 });
});
