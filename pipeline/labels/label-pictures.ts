/** Pictures of rows, as data URIs in pages. */
import type { ColumnChoice } from '../../data/index.js';
import { loadImageKernels } from '../../data/index.js';
import { flipsPage, labelsPage } from '../../report/index.js';
import { withEvents } from '../measure/event-batches.js';
import { pictureUri } from '../report/sprite-sheet.js';
import { rowKey, smallPictures } from '../report/thumbnails.js';
import type { FoundComparison } from './compare-models.js';
import type { MadeLabelPlan } from './label-plan.js';

/** Pixels of the longer side. */
const LABEL_SIDE = 320;
const FLIP_SIDE = 160;
const MOST_FLIPS = 60;

async function picturesOf(path: string, rows: readonly number[], side: number, columns: ColumnChoice | undefined) {
  await loadImageKernels();
  const images = await withEvents(path, columns ?? {}, async ({ schema }) => schema.images);
  const wanted = rows.map((row) => ({ table: 0, row }));
  const { pictures } = await smallPictures([{ path, images, rows: null }], wanted, { side });
  return (row: number) => {
    const found = pictures.get(rowKey({ table: 0, row }));
    return found === undefined ? null : pictureUri(found);
  };
}

/** One page with the images of a plan, to be labelled without a network. @param path the events that were planned */
export async function planPage(path: string, plan: MadeLabelPlan, columns?: ColumnChoice): Promise<string> {
  const { images, classes, report } = plan;
  const pictureOf = await picturesOf(
    path,
    images.map(({ row }) => row),
    LABEL_SIDE,
    columns,
  );
  const shown = images.map(({ id, image, row }) => ({ id, image, picture: pictureOf(row) }));
  const name = `${report.seed} ${report.budget} ${images.length} ${images[0]?.id ?? images[0]?.image ?? ''} ${images.at(-1)?.id ?? ''}`;
  return labelsPage({ plan: name, classes, images: shown });
}

/** @param path events of the old model @param verdict, table the numbers in words */
export async function comparisonPage(
  path: string,
  { flips }: FoundComparison,
  said: { verdict: string; table: string[][] },
  columns?: ColumnChoice,
): Promise<string> {
  const shown = flips.slice(0, MOST_FLIPS);
  const pictureOf = await picturesOf(
    path,
    shown.map(({ old }) => old.row),
    FLIP_SIDE,
    columns,
  );
  const rows = shown.map(({ old, image, old_predicted: before, new_predicted: now, label }) => ({
    picture: pictureOf(old.row),
    name: image ?? `row ${old.row}`,
    words: `${before} → ${now}${label === null ? '' : `; it is ${label}`}`,
  }));
  return flipsPage({ ...said, flips: rows, of: flips.length });
}
