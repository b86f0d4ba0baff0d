/**
 * The object that `drift --json` prints, and that its table is drawn from.
 *
 * A contract: names are as they are printed, windows keep their order, and what is not known is null, never absent.
 */
import { type CompareOptions, compareWindow } from './compare.js';
import type { LogBase } from './jensen-shannon.js';
import { accuracyOf } from './label-tally.js';
import type { Profile } from './profile.js';
import type { WindowCounts } from './window-counts.js';

export interface DriftReport {
  baseline: { rows: number; clusters: number; weights_sha256: string | null };
  windows: WindowReport[];
}

export interface WindowReport {
  name: string;
  /** Earliest and latest timestamp of its rows, ISO 8601 in UTC. */
  from: string | null;
  to: string | null;
  /** Rows counted; skipped ones come on top. */
  rows: number;
  /** Rows left out because a value was not finite. */
  skipped: number;
  /** Share of correct predictions among the labelled rows, from 0 to 1. */
  accuracy: number | null;
  verdict: Verdict | null;
  methods: { js: JensenShannonReport };
  causes: string[] | null;
}

export type Verdict = 'no drift' | 'drift' | 'too few rows';

/** One method's number with its calibration. */
export interface MethodReport {
  value: number;
  /** Confidence interval of the value. */
  low: number | null;
  high: number | null;
  /** Range of the value without drift, at this number of rows. */
  band: [number, number] | null;
  p: number | null;
  /** `p` after control of the false-discovery rate over all windows. */
  p_adjusted: number | null;
  verdict: Verdict | null;
}

export interface JensenShannonReport extends MethodReport {
  base: LogBase;
}

/** @throws DriftError what `compareWindow` throws, naming the window */
export function driftReport(
  profile: Profile,
  windows: readonly { name: string; counts: WindowCounts }[],
  options: CompareOptions = {},
): DriftReport {
  return {
    baseline: { rows: profile.rows, clusters: profile.centroids.rows, weights_sha256: profile.weightsSha256 },
    windows: windows.map(({ name, counts }) => windowReport(profile, name, counts, options)),
  };
}

function windowReport(profile: Profile, name: string, counts: WindowCounts, options: CompareOptions): WindowReport {
  const { js } = compareWindow(profile, counts, options, name);
  const uncalibrated = { low: null, high: null, band: null, p: null, p_adjusted: null, verdict: null };
  return {
    name,
    from: isoTime(counts.from),
    to: isoTime(counts.to),
    rows: counts.rows,
    skipped: counts.skipped,
    accuracy: accuracyOf(counts),
    verdict: null,
    methods: { js: { value: js.value, base: js.base, ...uncalibrated } },
    causes: null,
  };
}

function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
