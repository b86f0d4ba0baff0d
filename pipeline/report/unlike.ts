/**
 * The images that a drifted window repeats, and those most unlike the baseline, each beside the nearest baseline image.
 * Where image statistics raised the alarm, embeddings say little: then those that show its cause most. Only the random
 * sample that a window's summary keeps is looked at: up to 5,000 rows. `drift --ranked` takes all.
 */
import {
  type Profile,
  type RowSample,
  type SampledUnlike,
  UNNAMED,
  Unlikeness,
  type WindowReport,
  type WindowSummary,
  windowCauses,
} from '../../drift/index.js';
import type { UnlikeImages, UnlikeRow } from '../../report/index.js';
import { type EventFile, locationOf } from '../measure/event-files.js';
import type { DetailsByRow, PictureBook } from './rows.js';
import { rowKey, type WantedRow } from './thumbnails.js';

const UNLIKE_IMAGES = 24;
/** Windows that are shown with images, the worst first: more would make the page too large. */
export const UNLIKE_WINDOWS = 12;
/** Pixels of the longer side. The page shows them at 160, and sharp on dense screens. */
export const UNLIKE_SIDE = 192;
export const UNLIKE_BYTES = 5_000_000;

interface FoundRow extends SampledUnlike {
  place: WantedRow;
  nearest: WantedRow | null;
}

export interface FoundRows {
  rows: FoundRow[];
  of: number;
  by: string | null;
}

/** The statistic that the cause of an alarm lowered, or raised. */
export interface CauseOrder {
  statistic: string;
  isLowest: boolean;
  /** `the lowest sharpness at equal contrast (blurred)` */
  words: string;
}

/** Null where image statistics did not raise the alarm, or their cause has no name and no statistic that moved one way. */
export function causeOrder(
  profile: Profile,
  summary: WindowSummary,
  { alarmed_by: by }: Pick<WindowReport, 'alarmed_by'>,
): CauseOrder | null {
  const [cause] = by === 'images' ? windowCauses(profile, summary).images : [];
  if (cause === undefined || cause.kind === UNNAMED || cause.kind.includes('varies')) return null;
  // Blur lowers sharpness, which is seen best at equal contrast.
  const isSharpness = cause.statistic === 'sharpness';
  const statistic = isSharpness ? 'relative_sharpness' : cause.statistic;
  if (!profile.reference?.statistics[statistic]) return null;
  const isLowest = cause.window < cause.baseline;
  const name = isSharpness ? 'sharpness at equal contrast' : statistic.replaceAll('_', ' ');
  return { statistic, isLowest, words: `the ${isLowest ? 'lowest' : 'highest'} ${name} (${cause.kind})` };
}

/** Null where the profile keeps too few rows to compare with. */
export function unlikenessOf(profile: Profile): Unlikeness | null {
  return (profile.reference?.sample.coordinates.rows ?? 0) < 2 ? null : new Unlikeness(profile);
}

/**
 * @param placeOf the place of a row of the window, and of a row of the baseline
 * @param order default: by the distance @param values of its statistic, by `rowKey`
 */
export function unlikeRows(
  unlikeness: Unlikeness,
  sample: RowSample,
  placeOf: { window(row: number): WantedRow; baseline(row: number): WantedRow | null },
  order: CauseOrder | null = null,
  values: ReadonlyMap<string, number> = new Map(),
): FoundRows {
  const ranked = unlikeness.ranked(sample);
  if (order !== null) {
    const last = Number.POSITIVE_INFINITY;
    const rank = ({ row }: SampledUnlike) =>
      (values.get(rowKey(placeOf.window(row))) ?? last) * (order.isLowest ? 1 : -1);
    ranked.sort((a, b) => rank(a) - rank(b));
  }
  const rows = ranked.slice(0, UNLIKE_IMAGES).map((found) => {
    return { ...found, place: placeOf.window(found.row), nearest: placeOf.baseline(found.nearestRow) };
  });
  return { rows, of: ranked.length, by: order?.words ?? null };
}

/** The first image of every window before the second of any: where room is short, each window keeps its first ones. */
export function picturedRows(found: readonly (FoundRows | null)[]): WantedRow[] {
  const lists = found.flatMap((one) => (one === null ? [] : [one.rows]));
  const ranks = Array.from({ length: UNLIKE_IMAGES }, (_, rank) => lists.flatMap((rows) => rows[rank] ?? []));
  return ranks.flat().flatMap(({ place, nearest }) => (nearest === null ? [place] : [place, nearest]));
}

interface ShownFrom {
  details: DetailsByRow;
  /** With pictures of `picturedRows`. */
  book: PictureBook;
  tables: readonly EventFile[];
  shownName(path: string): string;
}

export function shownUnlike({ rows, of, by }: FoundRows, from: ShownFrom): UnlikeImages {
  return { of, by, rows: rows.map((row) => shownRow(row, from)) };
}

function shownRow({ place, times, nearest, nearestRow, distance, share }: FoundRow, from: ShownFrom): UnlikeRow {
  const { details, book, tables, shownName } = from;
  const known = details.get(rowKey(place));
  const location = locationOf(tables[place.table]!, known?.key ?? null, known?.imageUrl ?? null);
  return {
    image: book.exemplar(place, known),
    times,
    nearest: nearest === null ? null : book.exemplar(nearest, details.get(rowKey(nearest))),
    nearestRow,
    distance,
    share,
    cluster: known?.cluster ?? null,
    confidence: known?.confidence ?? null,
    events: shownName(tables[place.table]!.path),
    row: place.row,
    eventId: known?.eventId ?? null,
    location: location === null ? null : shownName(location),
  };
}
