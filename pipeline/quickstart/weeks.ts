import {
  dayStamp,
  planDays,
  SERVER_SOURCES,
  type SpreadTimestamps,
  type Verification,
} from '../../fiddler/publish/index.js';
import type { EmbedSummary } from '../embed/index.js';
import { QUICKSTART_SETS } from './files.js';
import { QuickstartError } from './quickstart-error.js';

/** One tranche: a week of six days. */
export interface QuickstartWeek {
  name: string;
  /** Times of the oldest and the newest day, ms since 1970. */
  from: number;
  to: number;
  events: number;
  /** Smallest and largest JSD of the days by the server's centroids: counted here, and reported by the server. */
  ours: Range | null;
  server: Range | null;
}

interface Range {
  low: number;
  high: number;
}

type QuickstartTimestamps = SpreadTimestamps & { until: number };

/** The notebook's timestamps: 3 weeks of 6 days of 1,000 events, the newest day at `now`. */
export function quickstartTimestamps(now: number, seed: number): QuickstartTimestamps {
  return { ...planDays({ seed }), until: now };
}

/** Before anything is sent: a day is a sample without repetition of its tranche. @throws `QUICKSTART_TOO_FEW_IMAGES` */
export function checkEnoughRows(
  tranches: readonly Pick<EmbedSummary, 'out' | 'rows'>[],
  { rowsPerDay }: QuickstartTimestamps,
): void {
  for (const { out, rows } of tranches) {
    if (rows >= rowsPerDay) continue;
    const [found, needed] = [rows, rowsPerDay].map((count) => count.toLocaleString('en'));
    throw new QuickstartError('QUICKSTART_TOO_FEW_IMAGES', `${out}: ${found} events, a day takes ${needed} of them`, {
      hint: 'Nothing was sent. For days of another size: image-drift onboard, then publish --timestamps spread --rows-per-day.',
    });
  }
}

/** @param verification results by day; null if the server's metrics were not read */
export function quickstartWeeks(timestamps: QuickstartTimestamps, verification: Verification | null): QuickstartWeek[] {
  const tranches = QUICKSTART_SETS.slice(1);
  return tranches.map(({ name }, index) => {
    const stamps = Array.from({ length: timestamps.days }, (_, day) => {
      return dayStamp(timestamps, tranches.length, index, day);
    });
    const names = new Set(stamps.map((stamp) => new Date(stamp).toISOString().slice(0, 10)));
    const bins = verification?.bins.filter((bin) => names.has(bin.name)) ?? [];
    const server = bins.flatMap((bin) => {
      const told = SERVER_SOURCES.map((source) => bin.server.numbers[source]).find((numbers) => numbers !== undefined);
      return told === undefined || Number.isNaN(told.jsd) ? [] : [told.jsd];
    });
    return {
      name,
      from: Math.min(...stamps),
      to: Math.max(...stamps),
      events: timestamps.days * timestamps.rowsPerDay,
      ours: rangeOf(bins.map(({ ours }) => ours.jsd)),
      server: rangeOf(server),
    };
  });
}

function rangeOf(values: readonly number[]): Range | null {
  return values.length === 0 ? null : { low: Math.min(...values), high: Math.max(...values) };
}
