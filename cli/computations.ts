/** Long computations by name, for a thread (`computing.ts`): plain data goes in and out; rooms load when called. */
import type { CarriedColumn, ColumnChoice, OpenEventsOptions } from '../data/index.js';
import type { DriftOptions, Profile } from '../drift/index.js';
import type { PlanDescription, PlanOptions } from '../engine/index.js';
import type { BaselineCheck } from '../monitor/index.js';
import type { AlarmShares, DrillLook } from '../pipeline/drill/index.js';
import type { InspectedTap, Inspection } from '../pipeline/index.js';
import type { AccuracyReport, MadeLabelPlan, ModelComparison } from '../pipeline/labels/index.js';
import type { FitOptions, Measurement, MeasureOptions } from '../pipeline/measure/index.js';
import type { MonitorUpdate } from '../pipeline/monitor/index.js';
import type {
  AccuracyOptions,
  CompareOptions,
  LabelPlanOptions,
  MonitorUpdateOptions,
  PromiseOptions,
} from '../pipeline/options/index.js';
import type { ReportOptions } from '../pipeline/report/index.js';

import { withTables } from './checked-runs.js';

type Measure = typeof import('../pipeline/measure/index.js');

export interface WrittenProfile extends Pick<Profile, 'rows' | 'skipped' | 'dimensions' | 'counts' | 'fit' | 'tap'> {
  weightsSha256: string | null;
  /** How many independent rows they are worth, and why they are fewer, as in `drift --json`. */
  effectiveRows: number;
  effectiveBy: string | null;
  /** What groups are by, as in `--group`; null for none. */
  groupName: string | null;
  text: string;
  carried: readonly CarriedColumn[];
}

/** What `drift` prints and writes. The samples of the windows, which may be large, stay on the thread. */
export interface DriftFindings extends Pick<Measurement, 'report' | 'withoutTime'> {
  /** Rows of each window by the other centroids, in the order of the report. */
  otherCounts: { name: string; counts: number[] }[];
  carried: { path: string; carried: readonly CarriedColumn[] }[];
  /** The HTML report; null if none was asked for. */
  page: string | null;
  /** The rows that are most unlike the baseline, as csv, of how many; null if none were asked for. */
  ranked: { csv: string; rows: number; seen: number } | null;
}

export const COMPUTATIONS = {
  /** Before anything is read. @throws DriftError */
  async checkOptions(options: DriftOptions): Promise<void> {
    (await import('../drift/index.js')).checkDriftOptions(options);
  },

  async fitProfile(...args: Parameters<Measure['fitProfileFromEvents']>): Promise<Profile> {
    return (await measuring()).fitProfileFromEvents(...args);
  },

  async measure(profile: Profile, paths: readonly string[], options: MeasureOptions = {}): Promise<Measurement> {
    return withTables(paths, options.columns, async (columns) =>
      (await measuring()).measureWindows(profile, paths, { ...options, columns }),
    );
  },

  async reportPage(profile: Profile, measurement: Measurement, options: ReportOptions): Promise<string> {
    const paths = measurement.files.map(({ path }) => path);
    return withTables(tablesOf(paths, options), options.columns, (columns) =>
      pageOf(profile, measurement, { ...options, columns }),
    );
  },

  async baseline(events: string, options: FitOptions & { columns: ColumnChoice }): Promise<WrittenProfile> {
    return withTables([events], options.columns, async (columns) =>
      written(await COMPUTATIONS.fitProfile(events, { ...options, columns }), await carriedIn(events, columns)),
    );
  },

  async shard(events: string, like: string, firstRow: number, columns: ColumnChoice): Promise<WrittenProfile> {
    const { countProfileShard, readProfile } = await measuring();
    const fitted = await readProfile(like);
    return withTables([events], columns, async (columns) => {
      const carried = await carriedIn(events, { ...columns, knownClasses: fitted.classes });
      return written(await countProfileShard(fitted, events, firstRow, columns), carried);
    });
  },

  async merge(profiles: readonly string[]): Promise<WrittenProfile> {
    return written(await (await measuring()).mergeProfileFiles(profiles), []);
  },

  async drift(
    baseline: string,
    events: readonly string[],
    options: MeasureOptions,
    report: ReportOptions | null,
  ): Promise<DriftFindings> {
    return withTables(tablesOf(events, report), options.columns, (columns) =>
      findDrift(baseline, events, { ...options, columns }, report && { ...report, columns }),
    );
  },

  async monitorUpdate(state: string, paths: readonly string[], options: MonitorUpdateOptions): Promise<MonitorUpdate> {
    const { openMonitor } = await import('../pipeline/monitor/index.js');
    const monitor = await openMonitor(state);
    return withTables(paths, options.columns, (columns) => monitor.update(paths, { ...options, columns }));
  },

  async monitorPage(state: string, images: string | undefined, columns: ColumnChoice): Promise<string> {
    const { openMonitor } = await import('../pipeline/monitor/index.js');
    return (await openMonitor(state)).page({ images, columns });
  },

  async checkBaseline(path: string, options: PromiseOptions, columns: ColumnChoice): Promise<BaselineCheck> {
    const { checkBaselineFor } = await import('../pipeline/monitor/index.js');
    return withTables([path], columns, (choice) => checkBaselineFor(path, options, choice));
  },

  async accuracy(paths: readonly string[], options: AccuracyOptions): Promise<AccuracyReport> {
    return withTables(paths, options.columns, async (columns) =>
      (await import('../pipeline/labels/index.js')).labelledAccuracy(paths, { ...options, columns }),
    );
  },

  async labelPlan(
    paths: readonly string[],
    options: LabelPlanOptions,
    hasPage: boolean,
  ): Promise<{ plan: MadeLabelPlan; page: string | null }> {
    return withTables(paths, options.columns, async (columns) => {
      const { makeLabelPlan, planPage } = await import('../pipeline/labels/index.js');
      const plan = await makeLabelPlan(paths, { ...options, columns });
      return { plan, page: hasPage ? await planPage(plan) : null };
    });
  },

  async compareModels(
    before: string,
    after: string,
    options: CompareOptions,
    hasPage: boolean,
  ): Promise<{ report: ModelComparison; page: string | null }> {
    return withTables([before, after], options.columns, async (columns) => {
      const { compareModels, comparisonPage } = await import('../pipeline/labels/index.js');
      const found = await compareModels(before, after, { ...options, columns });
      const { report } = found;
      if (!hasPage) return { report, page: null };
      const { comparisonNotes, comparisonTable, verdictWords } = await import('./comparison-words.js');
      const said = {
        ...{ verdict: verdictWords(report), models: `Old model: ${before}. New model: ${after}.` },
        ...{ table: comparisonTable(report), notes: comparisonNotes(report) },
      };
      return { report, page: await comparisonPage(found, said) };
    });
  },

  async drillAlarms(look: DrillLook): Promise<AlarmShares[]> {
    return (await import('../pipeline/drill/index.js')).lookForAlarms(look);
  },

  async inspect(path: string, columns: ColumnChoice): Promise<Inspection> {
    return (await import('../pipeline/index.js')).inspect(path, columns);
  },

  async inspectTaps(path: string): Promise<InspectedTap[]> {
    return (await import('../pipeline/index.js')).inspectTaps(path);
  },

  async inspectPlan(path: string, options: PlanOptions): Promise<PlanDescription> {
    return (await import('../pipeline/index.js')).inspectPlan(path, options);
  },
};

export type Computations = typeof COMPUTATIONS;

function tablesOf(events: readonly string[], report: ReportOptions | null): string[] {
  return [...events, ...(report?.baselineEvents === undefined ? [] : [report.baselineEvents])];
}

async function findDrift(
  baseline: string,
  events: readonly string[],
  options: MeasureOptions,
  report: ReportOptions | null,
): Promise<DriftFindings> {
  const { measureWindows, readProfile } = await measuring();
  const profile = await readProfile(baseline);
  const measurement = await measureWindows(profile, events, {
    ...options,
    exemplars: await exemplarsFor(report !== null),
  });
  return driftFindings(measurement, report && (await pageOf(profile, measurement, report)), options.paths);
}

async function pageOf(profile: Profile, measurement: Measurement, options: ReportOptions): Promise<string> {
  return (await import('../pipeline/report/index.js')).reportPage(profile, measurement, options);
}

/** Images of each cluster that are looked for: as many as a report shows, if there is one. */
export async function exemplarsFor(hasReport: boolean): Promise<number> {
  return hasReport ? (await import('../pipeline/report/index.js')).REPORT_EXEMPLARS : 0;
}

/** @param page the HTML report; null for none @param paths whether ranked rows are named by their whole paths */
export async function driftFindings(
  measurement: Measurement,
  page: string | null,
  paths = true,
): Promise<DriftFindings> {
  const { rankedCsv } = await measuring();
  const { report, withoutTime, windows, files, ranked } = measurement;
  return {
    report,
    withoutTime,
    otherCounts: windows.map(({ name, otherCounts }) => ({ name, counts: otherCounts ?? [] })),
    carried: files.map(({ path, carried }) => ({ path, carried })),
    page,
    ranked: ranked && { csv: rankedCsv(ranked.rows, files, paths), rows: ranked.rows.length, seen: ranked.seen },
  };
}

function measuring(): Promise<Measure> {
  return import('../pipeline/measure/index.js');
}

async function carriedIn(events: string, options: OpenEventsOptions = {}): Promise<readonly CarriedColumn[]> {
  return (await measuring()).carriedColumns(events, options);
}

async function written(profile: Profile, carried: readonly CarriedColumn[]): Promise<WrittenProfile> {
  const { baselineWorthReport, profileToJson } = await import('../drift/index.js');
  const { effective_rows: effectiveRows, effective_by: effectiveBy } = baselineWorthReport(profile);
  const { rows, skipped, dimensions, counts, fit, tap, weightsSha256 } = profile;
  const worth = { effectiveRows, effectiveBy, groupName: profile.groups?.name ?? null };
  return {
    rows,
    ...worth,
    skipped,
    dimensions,
    counts,
    fit,
    tap,
    weightsSha256,
    text: profileToJson(profile),
    carried,
  };
}
