import { entryAt, isAbsolute, loadAssets, relative, resolve, sep } from '#platform';
import { csvText, settle } from '../../base/index.js';
import { planLabels } from '../../drift/index.js';
import { hasScheme, locationOf } from '../measure/event-files.js';
import { readProfile } from '../measure/index.js';
import { type LabelPlanOptions, labelPlanFields } from '../options/index.js';
import type { ThumbnailTable } from '../report/thumbnails.js';
import { severalLabels } from './given-labels.js';
import { LabelError } from './label-error.js';
import { readPlan } from './labels-file.js';
import { type EventRow, readRows } from './read-rows.js';

/** One image to label. */
export interface PlannedImage {
  id: string | null;
  /** URL or path of the image; else null. */
  image: string | null;
  /** Whole path, or URL, of its file; null where the table does not say it. */
  location: string | null;
  stratum: string;
  probability: number;
  predicted: string;
  confidence: number;
  /** Index among the tables, and the row in it. */
  table: number;
  row: number;
}

/** What `label-plan --json` prints. */
export interface LabelPlanReport {
  budget: number;
  planned: number;
  strata: { name: string; rows: number; labels: number }[];
  seed: number;
}

export interface MadeLabelPlan {
  report: LabelPlanReport;
  classes: readonly string[];
  images: PlannedImage[];
  /** The tables of the events. */
  tables: readonly ThumbnailTable[];
  /** plan.csv. */
  csv: string;
}

/**
 * Chooses which images to label, so that an accuracy can be computed from few labels.
 *
 * @param events event tables, with class scores
 * @throws LabelError `LABELS_NO_SCORES`, `LABELS_NO_NAMES`; DataError, FileError, DriftError for the table and the profile
 *
 * @example
 * ```ts
 * import { makeLabelPlan } from 'image-drift/pipeline';
 *
 * const { csv, report } = await makeLabelPlan('week.parquet', { budget: 100, profile: 'profile.json' });
 * console.log(report.planned, csv.length);
 * ```
 */
export async function makeLabelPlan(
  events: string | readonly string[],
  options: LabelPlanOptions,
): Promise<MadeLabelPlan> {
  const { budget, seed, by, columns, group } = settle('makeLabelPlan', options, labelPlanFields);
  await loadAssets('dist/drift/');
  const profile = await readProfile(options.profile);
  const paths = [events].flat();
  const { rows, classes, areSeveral, tables } = await readRows(paths, { profile, columns, group, by });
  if (areSeveral) throw severalLabels(paths.join(', '), 'confidence, by which a plan chooses, is of one class');
  checkNamed(rows, paths);
  const plan = planLabels(
    {
      confidence: rows.map(({ confidence }) => confidence),
      rates: rows.map(({ rate, confidence }) => rate ?? confidence),
      clusters: rows.map(({ cluster }) => cluster),
      units: rows.map((row) => row.group),
      segments: by === undefined ? null : rows.map((row) => segmentName(row, by)),
    },
    budget,
    seed,
  );
  const images = plan.labels.map(({ row, stratum, probability }): PlannedImage => {
    const { id, imageUrl, imagePath, predicted, confidence, table, row: place } = rows[row]!;
    const image = imageUrl ?? imagePath;
    const { name } = plan.strata[stratum]!;
    const location = locationOf(tables[table]!, imagePath, imageUrl);
    const chosen = { id, image, location, stratum: name, probability };
    return { ...chosen, predicted: classes[predicted]!, confidence, table, row: place };
  });
  return {
    report: { budget, planned: images.length, strata: plan.strata, seed },
    classes,
    images,
    tables,
    csv: planCsv(images),
  };
}

/** @throws LabelError `LABELS_NO_NAMES` */
function checkNamed(rows: readonly EventRow[], paths: readonly string[]): void {
  const unnamed = rows.find((row) => row.id === null && row.imageUrl === null && row.imagePath === null);
  if (unnamed === undefined) return;
  const { table, row } = unnamed;
  const message = `${paths[table]} row ${row}: neither event_id nor image_url, by which a label would say what it is of`;
  throw new LabelError('LABELS_NO_NAMES', message, { hint: 'A service gives each record an id.' });
}

function segmentName({ segments }: EventRow, by: readonly string[]): string {
  return by.map((name, i) => `${name}=${segments[i] ?? ''}`).join(' ');
}

function planCsv(images: readonly PlannedImage[]): string {
  const lines = images.map(({ id, image, stratum, probability }) =>
    [id, image, stratum, probability, null].map(csvText).join(','),
  );
  return ['event_id,image,stratum,probability,label', ...lines, ''].join('\n');
}

/**
 * What a person has filled in stays: a plan is never replaced.
 *
 * @returns labels that the file of this plan holds; null where there is no file
 * @throws LabelError `PLAN_IS_OTHER`
 */
export async function keptPlan(path: string, { images }: Pick<MadeLabelPlan, 'images'>): Promise<number | null> {
  if ((await entryAt(path)) === null) return null;
  const lines = await readPlan(path).catch(() => null);
  const hint = 'Give --out another name, or move the file away.';
  if (lines === null) {
    throw new LabelError('PLAN_IS_OTHER', `${path}: is there, is not a plan, and is not replaced`, { hint });
  }
  // A spreadsheet may have sorted them.
  const keys = (of: readonly Pick<PlannedImage, 'id' | 'image' | 'stratum'>[]) =>
    of.map(({ id, image, stratum }) => JSON.stringify([id, image, stratum])).sort();
  const labels = lines.filter(({ label }) => label !== null).length;
  const found = lines.map((line) => ({ ...line, stratum: line.stratum! }));
  const chance = new Map(images.map((one) => [keys([one])[0]!, one.probability]));
  const isSame =
    keys(found).join() === keys(images).join() && found.every((one) => chance.get(keys([one])[0]!) === one.probability);
  if (isSame) return labels;
  const message = `${path}: holds another plan of ${lines.length} images, ${labels} of them with a label, and is not replaced`;
  throw new LabelError('PLAN_IS_OTHER', message, { hint });
}

/**
 * Tasks for Label Studio, with the model's prediction.
 *
 * @param root Label Studio's document root, from which it serves files; without it, paths stay as they are
 * @throws LabelError `TASKS_OUTSIDE_ROOT`
 */
export function labelStudioTasks({ images }: Pick<MadeLabelPlan, 'images'>, root?: string): string {
  const tasks = images.map(({ id, image, location, stratum, probability, predicted, confidence }) => ({
    data: { image: servedAs(image, location, root), event_id: id, stratum, probability, chosen_by: 'plan' },
    predictions: [
      {
        model_version: 'image-drift',
        score: confidence,
        result: [{ from_name: 'label', to_name: 'image', type: 'choices', value: { choices: [predicted] } }],
      },
    ],
  }));
  return `${JSON.stringify(tasks, null, 1)}\n`;
}

/** A path that a table has without saying of which folder is one below the root. */
function servedAs(image: string | null, location: string | null, root: string | undefined): string {
  const place = location ?? image ?? '';
  if (root === undefined || place === '' || hasScheme(place)) return image ?? '';
  const below = relative(resolve(root), resolve(root, place));
  if (below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below)) {
    return `/data/local-files/?d=${below.split(sep).map(encodeURIComponent).join('/')}`;
  }
  throw new LabelError('TASKS_OUTSIDE_ROOT', `${place}: is not below ${root}, from which Label Studio serves files`, {
    hint: 'Give the folder that LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT names, on this machine.',
  });
}
