/** Reports to look at and to test with, of Fashion-MNIST. Numbers are made up, of a realistic size. */
import { Random } from '../../base/index.js';
import type { Verdict } from '../../drift/index.js';
import type { Exemplar, ReportData, ReportedWindow, ReportProjection, ReportWindow } from '../../report/index.js';
import { readFixture } from '../support/test.js';

/** Made at the first call, the same object after that: nobody changes it. */
function once(make: () => ReportData): () => Promise<ReportData> {
  let made: ReportData | null = null;
  return async () => {
    made ??= make();
    return made;
  };
}

function fixture(name: string): ReportData {
  return readFixture<ReportData>('report', name);
}

const WEEKS = fixture('weeks.json');

/** Two of three weeks have drifted; a drill, labels, UMAP, causes that were made again, everything there is. */
export const driftedWeeks = once(() => WEEKS);

/** By day; drift sets in on the eleventh, and two days have too few rows. */
export const eighteenDays = once(() => daily(18, 'day'));

export const hundredWindows = once(() => daily(100, 'production_batch_with_a_long_name'));

export const sixtyWindows = once(() => daily(60, 'day'));

/** A year and more of days, with nine methods: long tables and wide ones. */
export const fourHundredWindows = once(() => {
  const data = daily(400, 'day');
  const more = ['labels', 'confidence', 'entropy', 'accuracy'];
  const titled = more.map((name) => ({ name, title: `Predicted ${name}`, unit: '', explanation: null }));
  const windows = data.drift.windows.map(({ methods, ...window }) => {
    return { ...window, methods: { ...methods, ...Object.fromEntries(more.map((name) => [name, methods['js']!])) } };
  });
  return { ...data, methods: [...data.methods, ...titled], drift: { ...data.drift, windows } };
});

/** Names of a thousand classes, as of ImageNet. */
export const thousandClasses = once(() => {
  const random = new Random(5);
  const spread = (shares: readonly number[], by: number) => {
    const moved = shares.map((share) => share * Math.exp(by * random.normal()));
    const sum = moved.reduce((total, share) => total + share, 0);
    return moved.map((share) => share / sum);
  };
  const baseline = spread(new Array<number>(1000).fill(1), 0.5);
  const windows = WEEKS.windows.map((window) => {
    const moved = spread(baseline, 0.3);
    const predicted = baseline.map((share, i) => ({
      name: `n${String(i).padStart(8, '0')}_a class of ImageNet with a long name`,
      ...{ baseline: share, window: moved[i]!, frechet: null, accuracy: null },
    }));
    return { ...window, predicted, explained: null };
  });
  return { ...WEEKS, windows };
});

/** Windows of whose lists of unlike images the report has at most so many. */
const UNLIKE_WINDOWS = 12;

/** Days as the first week, and as the last one after the onset, each a little farther. */
function daily(count: number, prefix: string): ReportData {
  const onset = Math.round(count * 0.6);
  const isDrifted = (i: number) => i >= onset && i % 5 !== 0;
  const named = (i: number, day: Date) =>
    prefix === 'day' ? day.toISOString().slice(0, 10) : `${prefix}_${String(i + 1).padStart(3, '0')}`;
  const days = Array.from({ length: count }, (_, i) => {
    const day = new Date(Date.UTC(2024, 2, 1 + i));
    const week = isDrifted(i) ? 2 : 0;
    const times = { from: day.toISOString(), to: new Date(day.getTime() + 86_399_000).toISOString() };
    const window: ReportedWindow = { ...WEEKS.drift.windows[week]!, ...times, name: named(i, day) };
    if (!isDrifted(i)) {
      const few = { ...window, rows: 40, verdict: 'too few rows' as const };
      return { week, window: i === 5 || i === 14 ? few : window };
    }
    const strength = 0.3 + (0.5 * (i - onset)) / (count - onset);
    const stronger = Object.entries(window.methods).map(([method, report]) => [
      method,
      report && {
        ...report,
        value: report.value * strength,
        low: report.low! * strength,
        high: report.high! * strength,
      },
    ]);
    const causes = ['darker: mean brightness 0.47 → 0.29'];
    return { week, window: { ...window, causes, methods: Object.fromEntries(stronger) as typeof window.methods } };
  });
  const latest = days.flatMap((_, i) => (isDrifted(i) ? [i] : [])).slice(-UNLIKE_WINDOWS);
  const windows = days.map(({ week, window: { rows } }, i): ReportWindow => {
    const details = { ...WEEKS.windows[week]!, explained: null };
    const few = rows < 100 ? { effectiveRows: 37, rowsNeeded: 420, labelled: rows } : {};
    return { ...details, ...few, unlike: latest.includes(i) ? details.unlike : null };
  });
  const reported = days.map(({ window }) => window);
  return {
    ...WEEKS,
    drift: { ...WEEKS.drift, windows: reported },
    windows,
    projection: dailyProjection(days.map(({ week, window: { name } }) => ({ week, name }))),
  };
}

/** The points of the baseline, and those of each day's week in turn. */
function dailyProjection(days: readonly { week: number; name: string }[]): ReportProjection {
  const { pca, umap, points } = WEEKS.projection!;
  const chosen = points.flatMap(({ set }, i) => {
    const of = days.flatMap(({ week }, day) => (week === set - 1 ? [day + 1] : []));
    return set === 0 ? { i, set } : of.length === 0 ? [] : { i, set: of[i % of.length]! };
  });
  const placed = (places: readonly number[]) => chosen.flatMap(({ i }) => places.slice(3 * i, 3 * i + 3));
  return {
    ...{ pca: placed(pca), umap: placed(umap!) },
    points: chosen.map(({ i, set }) => ({ ...points[i]!, set })),
    sets: ['baseline', ...days.map(({ name }) => name)],
  };
}

/** Every text that comes from outside tries to be more than text. */
export async function hostileText(): Promise<ReportData> {
  const markup = '<img src=x onerror=alert(1)>';
  const text = `</script><script>alert(1)</script><!--"'\u2028\u0000&amp;${markup}\u202eflipped`;
  const name = `${text}${'very_long_name_'.repeat(700)}`;
  const spoiled: Readonly<Record<string, string>> = {
    ...{ label: text, target: text, unit: text, explanation: text, making: text, method: text, eventId: text },
    ...{ predicted: markup, title: markup, corruption: markup, events: name, location: name },
  };
  const data: ReportData = JSON.parse(JSON.stringify(WEEKS), (key, value) =>
    typeof value === 'string' ? (spoiled[key] ?? value) : value,
  );
  const named = <T extends { name: string }>(all: readonly T[], as: string) => all.map((one) => ({ ...one, name: as }));
  return {
    ...data,
    drift: {
      ...data.drift,
      windows: data.drift.windows.map((window) => ({ ...window, name, causes: [`${markup}: ${text}`, text] })),
    },
    clusterNames: data.clusterNames.map(() => text),
    windows: data.windows.map(({ predicted, statistics, explained, ...window }) => ({
      ...window,
      predicted: predicted && named(predicted, markup),
      statistics: named(statistics, text),
      explained: explained && {
        ...explained,
        causes: named(explained.causes, markup),
        classes: explained.classes && named(explained.classes, text),
        warnings: [text],
      },
    })),
    notExplained: [{ name, reason: text }],
    projection: data.projection && { ...data.projection, sets: data.projection.sets.map(() => name) },
    provenance: [{ label: markup, value: text }],
  };
}

/** One window, and of it only what must be known. */
export function barely(verdict: Verdict | null = null): ReportData {
  const data = fixture('barely.json');
  const [window] = data.drift.windows as [ReportedWindow];
  const methods = { js: { ...window.methods['js']!, verdict } };
  const windows = [{ ...window, verdict, alarmed_by: verdict === 'drift' ? 'js' : null, methods }];
  return { ...data, drift: { ...data.drift, windows } };
}

/** Images and points without a label, a score, a cause or a picture. */
export async function withoutImages(): Promise<ReportData> {
  const bare = <T extends Exemplar>(exemplar: T): T => ({
    ...exemplar,
    ...{ thumbnail: null, predicted: null, target: null },
  });
  const unknown = { accuracy: null, accuracy_test: null, causes: null };
  const { drift, projection, drill } = WEEKS;
  return {
    ...WEEKS,
    drift: { ...drift, windows: drift.windows.map((window) => ({ ...window, ...unknown })) },
    baselineAccuracy: null,
    windows: WEEKS.windows.map(({ explained, unlike, exemplars, ...window }) => ({
      ...window,
      ...{ labelled: 0, estimatedAccuracy: null, predicted: null, statistics: [] },
      explained: explained && { ...explained, pairs: [] },
      unlike: unlike && {
        ...unlike,
        rows: unlike.rows.map((row) => {
          return { ...row, image: bare(row.image), nearest: null, location: null, confidence: null };
        }),
      },
      exemplars: exemplars.map((each) => {
        return { ...each, typical: each.typical.map(bare), unusual: each.unusual.map(bare) };
      }),
    })),
    projection: projection && { ...projection, umap: null, points: projection.points.map(bare) },
    notExplained: [{ name: 'week_4', reason: 'week_4.parquet: 80 rows, at least 200 are needed' }],
    drill: drill && { ...drill, rows: [], windowSizes: [] },
    ...{ thumbnails: null, pictures: null, remade: null },
  };
}

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
