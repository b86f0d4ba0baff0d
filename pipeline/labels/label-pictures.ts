/** Pictures of rows, as data URIs in pages. */
import { loadImageKernels } from '../../data/index.js';
import { type FlipsPage, flipsPage, labelsPage } from '../../report/index.js';
import { pictureUri } from '../report/sprite-sheet.js';
import { rowKey, smallPictures, type ThumbnailTable, type WantedRow } from '../report/thumbnails.js';
import type { FoundComparison } from './compare-models.js';
import type { MadeLabelPlan } from './label-plan.js';

/** Pixels of the longer side. */
const LABEL_SIDE = 320;
const FLIP_SIDE = 160;
const MOST_FLIPS = 60;

async function picturesOf(tables: readonly ThumbnailTable[], wanted: readonly WantedRow[], side: number) {
  await loadImageKernels();
  const { pictures } = await smallPictures(tables, wanted, { side });
  return (row: WantedRow) => {
    const found = pictures.get(rowKey(row));
    return found === undefined ? null : pictureUri(found);
  };
}

/** One page with the images of a plan, to be labelled without a network. */
export async function planPage({ images, tables, classes, report }: MadeLabelPlan): Promise<string> {
  const pictureOf = await picturesOf(tables, images, LABEL_SIDE);
  const shown = images.map((planned) => ({ id: planned.id, image: planned.image, picture: pictureOf(planned) }));
  const name = `${report.seed} ${report.budget} ${images.length} ${images[0]?.id ?? images[0]?.image ?? ''} ${images.at(-1)?.id ?? ''}`;
  return labelsPage({ plan: name, classes, images: shown });
}

/** @param said the numbers in words */
export async function comparisonPage(
  { flips, tables }: FoundComparison,
  said: Omit<FlipsPage, 'flips' | 'of'>,
): Promise<string> {
  const shown = flips.slice(0, MOST_FLIPS);
  const rowsOf = shown.map(({ old }) => old);
  const pictureOf = await picturesOf(tables, rowsOf, FLIP_SIDE);
  const rows = shown.map(({ old, image, old_predicted: before, new_predicted: now, label }) => ({
    picture: pictureOf(old),
    name: image ?? `row ${old.row}`,
    words: `${before} → ${now}`,
    truth: label === null ? 'no label' : truthOf(label, before, now),
  }));
  return flipsPage({ ...said, flips: rows, of: flips.length });
}

function truthOf(label: string, before: string, now: string): string {
  if (label === now) return `it is ${label}: right now`;
  return label === before ? `it is ${label}: wrong now` : `it is ${label}: both wrong`;
}
