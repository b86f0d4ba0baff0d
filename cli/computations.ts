/**
 * The long computations of the commands, by name. They run on a thread of their own (`computing.ts`), so what goes in and
 * out is plain data. Each imports its rooms when it is called.
 */
import type { Profile } from '../drift/index.js';
import type { PlanDescription, PlanOptions } from '../engine/index.js';
import type { AlarmShares, DrillLook } from '../pipeline/drill/index.js';
import type { Inspection } from '../pipeline/index.js';
import type { Measurement, MeasureOptions } from '../pipeline/measure/index.js';
import type { ReportOptions } from '../pipeline/report/index.js';

type Measure = typeof import('../pipeline/measure/index.js');

/** A profile as the text of its file, with what the commands print of it. */
export interface WrittenProfile extends Pick<Profile, 'rows' | 'skipped' | 'dimensions' | 'counts' | 'fit' | 'tap'> {
  weightsSha256: string | null;
  text: string;
}

/** What `drift` prints and writes. The samples of the windows, which may be large, stay on the thread. */
export interface DriftFindings extends Pick<Measurement, 'report' | 'withoutTime'> {
  /** Rows of each window by the other centroids, in the order of the report. */
  otherCounts: { name: string; counts: number[] }[];
  /** The HTML report; null if none was asked for. */
  page: string | null;
}

export const COMPUTATIONS = {
  async fitProfile(...args: Parameters<Measure['fitProfileFromEvents']>): Promise<Profile> {
    return (await measuring()).fitProfileFromEvents(...args);
  },

  async measure(...args: Parameters<Measure['measureWindows']>): Promise<Measurement> {
    return (await measuring()).measureWindows(...args);
  },

  async reportPage(profile: Profile, measurement: Measurement, options: ReportOptions): Promise<string> {
    return (await import('../pipeline/report/index.js')).reportPage(profile, measurement, options);
  },

  async baseline(events: string, options: { clusters: number; seed: number }): Promise<WrittenProfile> {
    return written(await COMPUTATIONS.fitProfile(events, options));
  },

  async shard(events: string, like: string, firstRow: number): Promise<WrittenProfile> {
    const { countProfileShard, readProfile } = await measuring();
    return written(await countProfileShard(await readProfile(like), events, firstRow));
  },

  async merge(profiles: readonly string[]): Promise<WrittenProfile> {
    return written(await (await measuring()).mergeProfileFiles(profiles));
  },

  async drift(
    baseline: string,
    events: readonly string[],
    options: MeasureOptions,
    report: ReportOptions | null,
  ): Promise<DriftFindings> {
    const { measureWindows, readProfile } = await measuring();
    const profile = await readProfile(baseline);
    const exemplars = report === null ? 0 : (await import('../pipeline/report/index.js')).REPORT_EXEMPLARS;
    const measurement = await measureWindows(profile, events, { ...options, exemplars });
    return {
      report: measurement.report,
      withoutTime: measurement.withoutTime,
      otherCounts: measurement.windows.map(({ name, otherCounts }) => ({ name, counts: otherCounts ?? [] })),
      page: report && (await COMPUTATIONS.reportPage(profile, measurement, report)),
    };
  },

  async drillAlarms(look: DrillLook): Promise<AlarmShares[]> {
    return (await import('../pipeline/drill/index.js')).lookForAlarms(look);
  },

  async inspect(path: string): Promise<Inspection> {
    return (await import('../pipeline/index.js')).inspect(path);
  },

  async inspectPlan(path: string, options: PlanOptions): Promise<PlanDescription> {
    return (await import('../pipeline/index.js')).inspectPlan(path, options);
  },
};

export type Computations = typeof COMPUTATIONS;

function measuring(): Promise<Measure> {
  return import('../pipeline/measure/index.js');
}

async function written(profile: Profile): Promise<WrittenProfile> {
  const { profileToJson } = await import('../drift/index.js');
  const { rows, skipped, dimensions, counts, fit, tap, weightsSha256 } = profile;
  return { rows, skipped, dimensions, counts, fit, tap, weightsSha256, text: profileToJson(profile) };
}
