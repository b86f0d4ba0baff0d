/** Pictures of rows, as data URIs in pages. */
import type { ColumnChoice } from '../../data/index.js';
import { loadImageKernels } from '../../data/index.js';
import { flipsPage, labelsPage } from '../../report/index.js';
import { pictureUri } from '../report/sprite-sheet.js';
import { rowKey, smallPictures, type WantedRow } from '../report/thumbnails.js';
import type { FoundComparison } from './compare-models.js';
import { imageSources, type MadeLabelPlan } from './label-plan.js';

/** Pixels of the longer side. */
const LABEL_SIDE = 320;
const FLIP_SIDE = 160;
const MOST_FLIPS = 60;

async function picturesOf(
  paths: readonly string[],
  wanted: readonly WantedRow[],
  side: number,
  columns: ColumnChoice | undefined,
) {
  await loadImageKernels();
  const { pictures } = await smallPictures(await imageSources(paths, columns), wanted, { side });
  return (row: WantedRow) => {
    const found = pictures.get(rowKey(row));
    return found === undefined ? null : pictureUri(found);
  };
}

/** One page with the images of a plan, to be labelled without a network. @param paths the events that were planned */
export async function planPage(paths: readonly string[], plan: MadeLabelPlan, columns?: ColumnChoice): Promise<string> {
  const { images, classes, report } = plan;
  const pictureOf = await picturesOf(paths, images, LABEL_SIDE, columns);
  const shown = images.map((planned) => ({ id: planned.id, image: planned.image, picture: pictureOf(planned) }));
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
  const rowsOf = shown.map(({ old }) => old);
  const pictureOf = await picturesOf([path], rowsOf, FLIP_SIDE, columns);
  const rows = shown.map(({ old, image, old_predicted: before, new_predicted: now, label }) => ({
    picture: pictureOf(old),
    name: image ?? `row ${old.row}`,
    words: `${before} → ${now}${label === null ? '' : `; it is ${label}`}`,
  }));
  return flipsPage({ ...said, flips: rows, of: flips.length });
}
