/** Images with causes that were made again, beside the window's images: for the report, on their own sheet. */
import type { Image } from '../../data/index.js';
import type { Explained, RemadePair } from '../../report/index.js';
import type { DetailsByRow } from './rows.js';
import { spriteSheet } from './sprite-sheet.js';
import { rowKey, type WantedRow } from './thumbnails.js';

/** Length of all pictures as a data URI. */
const MAX_BYTES = 4_000_000;

/** What was found of windows by `explainWindows`, as the report shows it. */
export interface ReportExplanation {
  windows: readonly ExplainedForReport[];
  skipped: readonly SkippedWindow[];
}

export interface SkippedWindow {
  name: string;
  reason: string;
}

export interface ExplainedForReport {
  name: string;
  explained: Omit<Explained, 'pairs'>;
  pairs: readonly ImagePair[];
}

/** A baseline image without and with the causes, and the window's row that the network finds most like the latter. */
export interface ImagePair {
  clean: PairedImage;
  remade: PairedImage;
  /** Row number over all tables that were measured. */
  windowRow: number;
}

export interface PairedImage {
  /** In memory, small enough to be shown. */
  image: Image;
  target: string;
  predicted: string;
}

interface PlacedPair {
  pair: ImagePair;
  place: WantedRow;
}

/** The pairs of each window, by its name. @param images whether any image may be shown */
export function placedPairs(
  { windows }: ReportExplanation,
  images: boolean,
  placeOf: (row: number) => WantedRow,
): Map<string, PlacedPair[]> {
  const shown = images ? windows : [];
  return new Map(
    shown.map(({ name, pairs }) => [name, pairs.map((pair) => ({ pair, place: placeOf(pair.windowRow) }))]),
  );
}

/** Where room is short, each window keeps its first pairs. @param pictures of the windows' rows, by `rowKey` */
export function remadePages(
  placed: ReadonlyMap<string, readonly PlacedPair[]>,
  pictures: ReadonlyMap<string, Image>,
  details: DetailsByRow,
) {
  const images = byRank([...placed.values()]).flatMap(({ pair, place }) => {
    const ofWindow = pictures.get(rowKey(place));
    return [pair.clean.image, pair.remade.image, ...(ofWindow ? [ofWindow] : [])];
  });
  const made = spriteSheet(images, MAX_BYTES);
  const shown = new Map(images.slice(0, made?.count ?? 0).map((image, thumbnail) => [image, thumbnail]));
  const pairs = [...placed].map(([name, all]): [string, RemadePair[]] => [
    name,
    all.filter(({ pair }) => shown.has(pair.remade.image)).map((one) => shownPair(one, shown, pictures, details)),
  ]);
  return { sheet: made?.sheet ?? null, pairs: new Map(pairs) };
}

/** The first pair of each window before the second of any. */
function byRank(lists: readonly (readonly PlacedPair[])[]): PlacedPair[] {
  const most = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: most }, (_, rank) => lists.flatMap((pairs) => pairs[rank] ?? [])).flat();
}

function shownPair(
  { pair: { clean, remade }, place }: PlacedPair,
  shown: ReadonlyMap<Image, number>,
  pictures: ReadonlyMap<string, Image>,
  details: DetailsByRow,
): RemadePair {
  const ofWindow = pictures.get(rowKey(place));
  const known = details.get(rowKey(place));
  const ofBaseline = (label: string, { image, target, predicted }: PairedImage) => {
    return { thumbnail: shown.get(image) ?? null, label, target, predicted };
  };
  return {
    clean: ofBaseline('image of the baseline', clean),
    remade: ofBaseline('the same image with the cause', remade),
    window: {
      thumbnail: ofWindow === undefined ? null : (shown.get(ofWindow) ?? null),
      label: `row ${place.row.toLocaleString('en')} of the window`,
      target: known?.target ?? null,
      predicted: known?.predicted ?? null,
    },
  };
}
