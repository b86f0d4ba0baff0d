/**
 * Reports to look at and to test with: three weeks, eighteen days, a hundred windows, hostile text, almost nothing.
 *
 * Images are real, numbers are made up (seeded) but of a realistic size. Not a test of statistics.
 */

import { Random } from '../../base/index.js';
import {
  type CheckReport,
  IMAGE_CHECKS,
  type ImagesReport,
  type SegmentReport,
  type Verdict,
} from '../../drift/index.js';
import {
  type ClusterExemplars,
  type DrillTable,
  type Exemplar,
  type ReportData,
  type ReportedMethod,
  type ReportedWindow,
  type ReportMethod,
  type ReportWindow,
  type SceneSet,
  sceneOf,
  type UnlikeImages,
  type UnlikeRow,
} from '../../report/index.js';
import { remadeSheet, sampleExplained } from './sample-explained.js';
import { CLASSES, corrupted, type LabelledImages, sampleImages, thumbnailSheet } from './sample-images.js';

const CLUSTERS = 10;
const COMPONENTS = 12;
/** Enough to look like something, few enough for UMAP in a second. */
const MAX_POINTS = 800;
const WEIGHTS = '3f1d0a77c1f24f0d8d0f0f6e1d4b4a53b8a1f6b3c7b0f2a49d5e7c1182b6d90e';

export const METHODS: readonly ReportMethod[] = [
  {
    name: 'js',
    title: 'Jensen-Shannon distance',
    unit: '',
    explanation:
      'How differently the rows fall into the clusters of the baseline; 0 means no difference, 0.833 the most.',
  },
  {
    name: 'mmd',
    title: 'Maximum mean discrepancy',
    unit: '',
    explanation: 'How far apart the two sets of embeddings lie on average, near ones weighing most (RBF kernel).',
  },
  {
    name: 'classifier',
    title: 'Domain classifier',
    unit: 'AUC',
    explanation: 'How well a classifier tells the two sets apart; 0.5 is not at all, 1 always.',
  },
  {
    name: 'frechet',
    title: 'Fréchet distance',
    unit: '',
    explanation: 'How far apart two normal distributions lie that have the means and covariances of the two sets.',
  },
  {
    name: 'predicted',
    title: 'Predicted classes',
    unit: '',
    explanation: 'How differently the predictions are spread over the classes (chi-square).',
  },
];

/** Made at the first call, the same object after that: it takes seconds, and nobody changes it. */
function once(make: () => Promise<ReportData>): () => Promise<ReportData> {
  let made: Promise<ReportData> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

/** How a window differs: 0 not at all, 1 beyond doubt. */
interface Story {
  name: string;
  rows: number;
  strength: number;
  causes: string[];
  images: LabelledImages;
  from: string | null;
  to: string | null;
}

/** Two of three weeks have drifted; a drill, labels, UMAP, everything there is. */
export const driftedWeeks = once(async () => {
  const production = await sampleImages('production', 300);
  const week = (n: number) => ({ from: iso(7 * n - 6), to: iso(7 * n) });
  return sampleReport([
    { ...week(1), name: 'week_1', rows: 1000, strength: 0, causes: [], images: production },
    {
      ...week(2),
      name: 'week_2',
      rows: 1000,
      strength: 0.55,
      causes: ['blurred: sharpness down 84 %', 'flatter: contrast 0.31 → 0.26'],
      images: corrupted(production, 'gaussian_blur'),
    },
    {
      ...week(3),
      name: 'week_3',
      rows: 1000,
      strength: 0.9,
      causes: ['darker: mean brightness 0.47 → 0.17'],
      images: corrupted(production, 'darken'),
    },
  ]);
});

/** Noon of a day in March. */
function iso(day: number): string {
  return new Date(Date.UTC(2024, 2, day, 12)).toISOString();
}

/** By day; drift sets in on the eleventh, and two days have too few rows. */
export const eighteenDays = once(() => daily(18, 'day'));

/** More windows than a table can show at once. */
export const hundredWindows = once(() => daily(100, 'production_batch_with_a_long_name'));

/** A year and more of days, with nine methods: long tables and wide ones. */
export const fourHundredWindows = once(async () => {
  const data = await daily(400, 'day');
  const more = ['labels', 'confidence', 'entropy', 'accuracy'];
  const methods = [
    ...data.methods,
    ...more.map((name) => ({ name, title: `Predicted ${name}`, unit: '', explanation: null })),
  ];
  const windows = data.drift.windows.map((window) => {
    const js = window.methods['js']!;
    return { ...window, methods: { ...window.methods, ...Object.fromEntries(more.map((name) => [name, js])) } };
  });
  return { ...data, methods, drift: { ...data.drift, windows } };
});

/** Two months of days. */
export const sixtyWindows = once(() => daily(60, 'day'));

/** Names of a thousand classes, as of ImageNet. */
export const thousandClasses = once(async () => {
  const data = await driftedWeeks();
  const random = new Random(5);
  const baseline = shares(1000, 0.5, random);
  const windows = data.windows.map((window) => {
    const moved = normalised(baseline.map((share) => share * Math.exp(0.3 * random.normal())));
    const predicted = baseline.map((share, i) => ({
      name: `n${String(i).padStart(8, '0')}_a class of ImageNet with a long name`,
      baseline: share,
      window: moved[i]!,
      frechet: null,
      accuracy: null,
    }));
    return { ...window, predicted, explained: null };
  });
  return { ...data, windows };
});

async function daily(count: number, prefix: string): Promise<ReportData> {
  const clean = await sampleImages('production', 40);
  const dark = corrupted(clean, 'darken');
  const onset = Math.round(count * 0.6);
  const stories = Array.from({ length: count }, (_, i): Story => {
    const drifted = i >= onset && i % 5 !== 0;
    const day = new Date(Date.UTC(2024, 2, 1 + i));
    return {
      name: prefix === 'day' ? day.toISOString().slice(0, 10) : `${prefix}_${String(i + 1).padStart(3, '0')}`,
      rows: i === 5 || i === 14 ? 40 : 1000,
      strength: drifted ? 0.3 + 0.5 * ((i - onset) / (count - onset)) : 0,
      causes: drifted ? ['darker: mean brightness 0.47 → 0.29'] : [],
      images: drifted ? dark : clean,
      from: day.toISOString(),
      to: new Date(day.getTime() + 86_399_000).toISOString(),
    };
  });
  return sampleReport(stories);
}

/** Every text that comes from outside tries to be more than text. */
export async function hostileText(): Promise<ReportData> {
  const markup = '<img src=x onerror=alert(1)>';
  const text = `</script><script>alert(1)</script><!--"'\u2028\u0000&amp;${markup}\u202eflipped`;
  const data = await driftedWeeks();
  const name = `${text}${'very_long_name_'.repeat(700)}`;
  const spoil = <T extends Exemplar>(exemplar: T): T => ({ ...exemplar, label: text, predicted: markup, target: text });
  return {
    ...data,
    drift: {
      ...data.drift,
      windows: data.drift.windows.map((window) => ({ ...window, name, causes: [`${markup}: ${text}`, text] })),
    },
    methods: data.methods.map((method) => ({ ...method, title: markup, unit: text, explanation: text })),
    clusterNames: data.clusterNames.map(() => text),
    windows: data.windows.map((window) => ({
      ...window,
      predicted: window.predicted?.map((share) => ({ ...share, name: markup })) ?? null,
      statistics: window.statistics.map((statistic) => ({ ...statistic, name: text })),
      unlike: window.unlike && {
        ...window.unlike,
        rows: window.unlike.rows.map((row) => ({
          ...row,
          image: spoil(row.image),
          nearest: row.nearest && spoil(row.nearest),
          events: name,
          location: row.location && name,
          eventId: text,
        })),
      },
      explained: window.explained && {
        ...window.explained,
        causes: window.explained.causes.map((cause) => ({ ...cause, name: markup, making: text })),
        tried: window.explained.tried.map(({ causes, ...tried }) => ({
          ...tried,
          causes: causes.map((cause) => ({ ...cause, making: text })),
        })),
        classes: window.explained.classes?.map((one) => ({ ...one, name: text })) ?? null,
        warnings: [text],
        pairs: window.explained.pairs.map(({ clean, remade, window: own }) => {
          return { clean: spoil(clean), remade: spoil(remade), window: spoil(own) };
        }),
      },
      exemplars: window.exemplars.map((each) => ({
        ...each,
        typical: each.typical.map(spoil),
        unusual: each.unusual.map(spoil),
      })),
    })),
    notExplained: [{ name, reason: text }],
    projection: data.projection && {
      ...data.projection,
      points: data.projection.points.map(spoil),
      sets: data.projection.sets.map(() => name),
    },
    drill: data.drill && {
      ...data.drill,
      rows: data.drill.rows.map((row) => ({
        ...row,
        corruption: markup,
        seenFrom: row.seenFrom.map((seen) => ({ ...seen, method: text })),
      })),
    },
    provenance: [{ label: markup, value: text }],
  };
}

/** One window, and of it only what must be known. */
export function barely(verdict: Verdict | null = null): ReportData {
  const js: ReportedMethod = { value: 0.0312, low: null, high: null, band: null, p: null, p_adjusted: null, verdict };
  return {
    made: '2024-03-22T09:30:00.000Z',
    alpha: null,
    threshold: {},
    adjust: null,
    baselineAccuracy: null,
    clusterNames: [],
    drift: {
      baseline: {
        rows: 0,
        effective_rows: 0,
        effective_by: null,
        groups: null,
        clusters: 1,
        weights_sha256: null,
        weights_note: null,
        rows_needed: null,
      },
      windows: [
        {
          name: 'today.npz',
          from: null,
          to: null,
          rows: 1,
          skipped: 0,
          accuracy: null,
          accuracy_test: null,
          verdict,
          alarmed_by: verdict === 'drift' ? 'js' : null,
          methods: { js },
          causes: null,
          segments: null,
          images: null,
        },
      ],
    },
    methods: [{ name: 'js', title: 'Jensen-Shannon distance', unit: '', explanation: null }],
    windows: [
      {
        effectiveRows: null,
        effectiveBy: null,
        rowsNeeded: null,
        labelled: null,
        estimatedAccuracy: null,
        clusters: { baseline: [], window: [] },
        predicted: null,
        statistics: [],
        exemplars: [],
        unlike: null,
        explained: null,
      },
    ],
    projection: null,
    notExplained: [],
    drill: null,
    provenance: [],
    thumbnails: null,
    pictures: null,
    remade: null,
  };
}

/** Images and points without a label, a score, a cause or a picture. */
export async function withoutImages(): Promise<ReportData> {
  const data = await driftedWeeks();
  const bare = <T extends Exemplar>(exemplar: T): T => ({
    ...exemplar,
    thumbnail: null,
    predicted: null,
    target: null,
  });
  return {
    ...data,
    drift: {
      ...data.drift,
      windows: data.drift.windows.map((window) => ({ ...window, accuracy: null, accuracy_test: null, causes: null })),
    },
    baselineAccuracy: null,
    windows: data.windows.map((window) => ({
      ...window,
      labelled: 0,
      estimatedAccuracy: null,
      predicted: null,
      statistics: [],
      explained: window.explained && { ...window.explained, pairs: [] },
      unlike: window.unlike && {
        ...window.unlike,
        rows: window.unlike.rows.map((row) => ({
          ...row,
          image: bare(row.image),
          nearest: null,
          location: null,
          confidence: null,
        })),
      },
      exemplars: window.exemplars.map((each) => ({
        ...each,
        typical: each.typical.map(bare),
        unusual: each.unusual.map(bare),
      })),
    })),
    projection: data.projection && { ...data.projection, umap: null, points: data.projection.points.map(bare) },
    notExplained: [{ name: 'week_4', reason: 'week_4.parquet: 80 rows, at least 200 are needed' }],
    drill: { ...EMPTY_DRILL },
    thumbnails: null,
    pictures: null,
    remade: null,
  };
}

async function sampleReport(stories: readonly Story[]): Promise<ReportData> {
  const random = new Random(11);
  const reference = await sampleImages('reference', 300);
  // Windows of the same images share their thumbnails.
  const sets = [...new Set([reference, ...stories.map(({ images }) => images)])];
  const firsts = new Map<LabelledImages, number>();
  let next = 0;
  for (const set of sets) {
    firsts.set(set, next);
    next += set.labels.length;
  }
  const firstThumbnails = [reference, ...stories.map(({ images }) => images)].map((images) => firsts.get(images)!);
  const latest = new Set(stories.flatMap(({ strength }, i) => (strength > 0 ? [i] : [])).slice(-UNLIKE_WINDOWS));
  return {
    made: '2024-03-22T09:30:00.000Z',
    alpha: 0.05,
    threshold: {},
    adjust: null,
    baselineAccuracy: 0.903,
    clusterNames: CLASSES.map((name, i) => (i === 7 ? null : `mostly ${name}`)),
    drift: {
      baseline: {
        rows: 5000,
        effective_rows: 5000,
        effective_by: null,
        groups: null,
        clusters: CLUSTERS,
        weights_sha256: WEIGHTS,
        weights_note: null,
        rows_needed: null,
      },
      windows: stories.map((story) => windowReport(story, random)),
    },
    methods: METHODS,
    windows: stories.map((story, i) => ({
      ...details(story, reference, firstThumbnails[i + 1]!, random),
      unlike: latest.has(i) ? unlikeImages(story, random) : null,
      explained: sampleExplained(story.name),
    })),
    projection: scene(stories, reference, firstThumbnails, random),
    notExplained: [],
    drill: drill(random),
    provenance: [
      { label: 'image-drift', value: '0.2.0, Node 20.19.0, linux x64' },
      { label: 'Weights', value: WEIGHTS },
      { label: 'Seed', value: '0' },
      {
        label: 'Command',
        value: 'image-drift drift week_*.parquet --baseline profile.json --methods all --report drift.html',
      },
    ],
    thumbnails: thumbnailSheet(sets.map(({ pixels }) => pixels)),
    pictures: thumbnailSheet(await unlikeSets(), 8),
    remade: await remadeSheet(),
  };
}

function windowReport({ name, rows, strength, causes, from, to }: Story, random: Random): ReportedWindow {
  const verdict: Verdict = rows < 100 ? 'too few rows' : strength > 0 ? 'drift' : 'no drift';
  const methods = METHODS.map((method, i): [string, ReportedMethod] => {
    const base = method.name === 'classifier' ? 0.5 : 0;
    const noise = 0.035 * Math.sqrt(1000 / rows) * (1 + 0.3 * i);
    const value = base + noise * (0.6 + 0.5 * random.uniform()) + strength * (0.32 + 0.02 * i);
    const p = strength > 0 ? 0.0005 : 0.2 + 0.7 * random.uniform();
    const band: [number, number] = [base + noise * 0.45, base + noise * 1.35];
    return [
      method.name,
      {
        value,
        low: Math.max(0, value - noise * 0.8),
        high: value + noise * 0.8,
        band,
        p,
        p_adjusted: null,
        verdict,
      },
    ];
  });
  return {
    name,
    from,
    to,
    rows,
    skipped: strength > 0.8 ? 3 : 0,
    accuracy: Math.max(0, 0.903 - 0.6 * strength ** 2),
    accuracy_test: {
      baseline: 0.903,
      p: strength > 0 ? 1e-6 : 0.6,
      p_adjusted: null,
      verdict: strength > 0 ? 'lower' : 'within chance',
    },
    verdict,
    alarmed_by: verdict === 'drift' ? METHODS[0]!.name : null,
    methods: Object.fromEntries(methods),
    causes,
    segments: segmentReports(rows, strength),
    images: imagesReport(rows, strength),
  };
}

/** Three cameras; the second one drifts alone. */
function segmentReports(rows: number, strength: number): SegmentReport[] {
  const each = Math.round(rows / 3);
  const segment = (value: string, drifted: boolean): SegmentReport => ({
    by: 'camera',
    value,
    rows: each,
    effective_rows: each,
    baseline_rows: 1_600,
    verdict: each < 50 ? 'too few rows' : drifted ? 'drift' : 'no drift',
    distance: drifted ? 0.4 : 0.03,
    band: [0, 0.06],
    p: drifted ? 0.001 : 0.4,
    alarmed_by: drifted && each >= 50 ? 'js' : null,
    methods: {},
    accuracy: drifted ? 0.71 : 0.93,
    accuracy_test: {
      baseline: 0.93,
      p: drifted ? 0.001 : 1,
      p_adjusted: null,
      verdict: drifted ? 'lower' : 'within chance',
    },
  });
  return [segment('north', strength > 0), segment('east', false), segment('gate <2>', false)];
}

function imagesReport(rows: number, strength: number): ImagesReport {
  const copies = strength > 0.5 ? Math.round(rows / 3) : 0;
  const checks = IMAGE_CHECKS.map((name): CheckReport => {
    const found = name === 'dark' && strength > 0.5 ? rows / 2 : 0;
    const baseline = { images: 5000, found: 10, share: 0.002 };
    const p = found > 0 ? 1e-9 : 0.4;
    return { name, images: rows, found, share: found / rows, baseline, p, p_adjusted: Math.min(1, 6 * p) };
  });
  const [images, baseline] = [rows, { images: 5000, within: 5 }];
  const exact = { images, within: copies, in_baseline: 2, baseline, estimated: false };
  const findings = copies > 0 ? [`${copies} of ${rows} images are exact duplicates of others in the window`] : [];
  return { duplicates: { exact, near: null }, checks, findings };
}

function details(
  { rows, strength, images }: Story,
  reference: LabelledImages,
  first: number,
  random: Random,
): Omit<ReportWindow, 'unlike' | 'explained'> {
  const baseline = shares(CLUSTERS, 0.3, random);
  const window = normalised(baseline.map((share, i) => share * (i % 3 === 1 ? 1 + 3 * strength : 1 - 0.6 * strength)));
  const predicted = shares(CLASSES.length, 0.05, random);
  const moved = normalised(predicted.map((share, i) => share * (i === 8 ? 1 + 4 * strength : 1 - 0.3 * strength)));
  const estimate = Math.max(0, 0.9 - 0.5 * strength ** 2);
  return {
    effectiveRows: Math.round(rows * 0.93),
    effectiveBy: 'repeats',
    rowsNeeded: rows < 100 ? 420 : null,
    labelled: rows,
    estimatedAccuracy: { value: estimate, low: estimate - 0.024, high: estimate + 0.021 },
    clusters: { baseline, window },
    predicted: predicted.map((share, i) => ({
      name: CLASSES[i]!,
      baseline: share,
      window: moved[i]!,
      frechet: i === 3 ? null : { value: 1.5 + strength, p: strength > 0 ? 0.0004 : 0.6 },
      accuracy: i === 4 ? 0.61 : null,
    })),
    statistics: [
      { name: 'mean brightness', baseline: 0.468, window: 0.468 - 0.32 * strength, effect: -2.6 * strength },
      { name: 'sharpness', baseline: 812.4, window: 812.4 * (1 - 0.84 * strength), effect: -1.7 * strength },
      { name: 'contrast', baseline: 0.31, window: 0.31 - 0.1 * strength, effect: -1.1 * strength },
      { name: 'noise', baseline: 0.012, window: 0.012 + 0.002 * strength, effect: 0.31 * strength },
      { name: 'saturation', baseline: 0.241, window: 0.244, effect: 0.02 },
    ],
    exemplars: baseline
      .map((share, cluster) => ({ cluster, change: window[cluster]! - share }))
      .sort((a, b) => Math.abs(b.change) - Math.abs(a.change))
      .slice(0, 4)
      .map(({ cluster, change }) =>
        exemplars(cluster, change, change >= 0 ? images : reference, change >= 0 ? first : 0, random),
      ),
  };
}

function exemplars(
  cluster: number,
  change: number,
  { labels }: LabelledImages,
  first: number,
  random: Random,
): ClusterExemplars {
  const own = labels.flatMap((label, i) => (label === cluster ? [i] : []));
  const pick = (rows: readonly number[]) => rows.map((row) => exemplar(row, labels[row]!, first, 0.25, random));
  const source = change < 0 ? 'baseline' : 'window';
  return { cluster, change, source, typical: pick(own.slice(0, 5)), unusual: pick(own.slice(-5)) };
}

const UNLIKE_WINDOWS = 12;
const UNLIKE_IMAGES = 24;

/** Dark images, then the baseline's. */
async function unlikeSets() {
  const [dark, reference] = [
    await sampleImages('production', UNLIKE_IMAGES),
    await sampleImages('reference', UNLIKE_IMAGES),
  ];
  return [corrupted(dark, 'darken').pixels, reference.pixels];
}

function unlikeImages({ name, rows }: Story, random: Random): UnlikeImages {
  const row = (i: number): UnlikeRow => ({
    image: exemplar(i, i % CLASSES.length, 0, 0.4, random),
    times: i === 0 ? 120 : 1,
    nearest: i % 5 === 4 ? null : exemplar(i, i % CLASSES.length, UNLIKE_IMAGES, 0, random),
    nearestRow: 40 * i,
    distance: 9 - 0.1 * i,
    share: 0.001 * (1 + i),
    cluster: i % CLUSTERS,
    confidence: 0.4 + 0.02 * i,
    events: `${name}.parquet`,
    row: 13 * i,
    eventId: `event-${i}`,
    location: i % 3 === 2 ? null : `/images/${name}/${String(i).padStart(5, '0')}.png`,
  });
  return { of: rows, rows: Array.from({ length: UNLIKE_IMAGES }, (_, i) => row(i)) };
}

function exemplar(row: number, label: number, first: number, errors: number, random: Random): Exemplar {
  const predicted = random.uniform() < errors ? random.below(CLASSES.length) : label;
  return {
    thumbnail: first + row,
    label: `production/${String(row).padStart(5, '0')}.png`,
    predicted: CLASSES[predicted]!,
    target: CLASSES[label]!,
  };
}

function scene(
  stories: readonly Story[],
  reference: LabelledImages,
  firstThumbnails: readonly number[],
  random: Random,
): ReportData['projection'] {
  const centres = Float64Array.from({ length: CLASSES.length * COMPONENTS }, () => 3 * random.normal());
  const sets = [{ name: 'baseline', images: reference, strength: 0 }, ...stories];
  return sceneOf(
    sets.map(({ name, images, strength }, set): SceneSet => {
      const { labels } = images;
      const data = Float64Array.from({ length: labels.length * COMPONENTS }, (_, i) => {
        const column = i % COMPONENTS;
        const centre = centres[labels[Math.floor(i / COMPONENTS)]! * COMPONENTS + column]!;
        return (centre + random.normal()) * (1 - 0.4 * strength) + (column === 0 ? 4 : 1) * strength;
      });
      return {
        name,
        coordinates: { rows: labels.length, columns: COMPONENTS, data },
        point: (row) => ({
          ...exemplar(row, labels[row]!, firstThumbnails[set]!, 0.1 + 0.5 * strength, random),
          cluster: labels[row]!,
          confidence: set === 0 ? null : 0.3 + 0.7 * random.uniform(),
          group: set === 0 ? null : `camera ${row % 3}`,
        }),
      };
    }),
    () => random.uniform(),
    { maxPoints: MAX_POINTS },
  );
}

const EMPTY_DRILL: DrillTable = {
  images: 0,
  alpha: 0.05,
  seed: 0,
  levels: [],
  windowSizes: [],
  windows: [],
  clean: { accuracy: null, alarms: [] },
  rows: [],
};

function drill(random: Random): DrillTable {
  const windowSizes = [100, 500, 1000];
  const corruptions = [
    'blur',
    'darken',
    'brighten',
    'contrast',
    'noise',
    'JPEG',
    'occlusion',
    'colour shift',
    'rotation',
  ];
  return {
    images: 1000,
    alpha: 0.05,
    seed: 0,
    levels: [1, 2, 3, 4, 5],
    windowSizes,
    windows: windowSizes.map(() => 40),
    clean: { accuracy: 0.905, alarms: METHODS.map(({ name }) => ({ method: name, shares: [0.05, 0.025, 0.05] })) },
    rows: corruptions.map((corruption, i) => ({
      corruption,
      summary: corruption,
      strengths: [1, 2, 3, 4, 5],
      unit: 'level',
      alarms: METHODS.map(({ name }) => ({ method: name, shares: [1, 2, 3, 4, 5].map(() => [0.1, 0.5, 0.9]) })),
      accuracy: [1, 2, 3, 4, 5].map((level) => Math.max(0.1, 0.905 - level ** 1.6 * 0.012 * (1 + (i % 4)))),
      seenFrom: METHODS.map(({ name }) => ({
        method: name,
        levels: windowSizes.map((_, size) => {
          const level = Math.round(5.4 - 1.4 * size - (i % 4) + 1.5 * random.uniform());
          return level > 5 ? null : Math.max(1, level);
        }),
      })),
    })),
  };
}

function shares(count: number, spread: number, random: Random): number[] {
  return normalised(Array.from({ length: count }, () => Math.exp(spread * random.normal())));
}

function normalised(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

/** The reports that are opened in a browser, by short names. */
export const SAMPLE_REPORTS = {
  weeks: driftedWeeks,
  days: eighteenDays,
  sixty: sixtyWindows,
  hundred: hundredWindows,
  four: fourHundredWindows,
  thousand: thousandClasses,
  hostile: hostileText,
  bare: withoutImages,
  barely: async () => barely(),
} satisfies Record<string, () => Promise<ReportData>>;
