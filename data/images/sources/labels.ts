/**
 * Labels beside images: class numbers or names; or folders, as torchvision's `ImageFolder` has them: `cat/1.jpg` is a
 * cat. No label is -1 (as in scikit-learn and torchvision's STL-10), NaN or ''. Other negative numbers and fractions
 * are errors. `labelNames` checks against the model's classes.
 */
import { nearest, shown, shownValue } from '../../../base/index.js';
import { DataError } from '../../data-error.js';
import { type NpyHeader, npyRowCount, npyRowLength } from '../../npy/header.js';
import type { NpzFile } from '../../npz.js';
import { compareKeys, type Label } from './listing.js';

/** Labels are held in memory whole: 16 million as int64. */
const MAX_LABEL_BYTES = 2 ** 27;
const ROWS_A_READ = 65_536;

/** @throws DataError `LABELS_SHAPE`, `LABELS_COUNT`, `LABELS_TOO_LARGE`, `LABEL_INVALID`; as `NpzFile.array` */
export async function readLabels(npz: NpzFile, name: string, images: number): Promise<Label[]> {
  const array = await npz.array(name);
  try {
    checkShape(array.header, npz.where(name), images);
    const labels: Label[] = [];
    for await (const { values } of array.rows(ROWS_A_READ)) {
      for (const value of values) labels.push(toLabel(value, labels.length, npz.where(name)));
    }
    return labels;
  } finally {
    await array.close();
  }
}

function checkShape(header: NpyHeader, where: string, images: number): void {
  const { shape, type } = header;
  if (!(shape.length === 1 || (shape.length === 2 && shape[1] === 1))) {
    throw new DataError('LABELS_SHAPE', `${where}: labels of shape [${shape.join(', ')}], [${images}] is needed`, {
      hint: 'One class number or name an image; for one-hot rows save np.argmax(labels, axis=1).',
    });
  }
  const count = npyRowCount(header);
  if (count !== images) {
    const [found, wanted] = [count.toLocaleString('en'), images.toLocaleString('en')];
    throw new DataError('LABELS_COUNT', `${where}: ${found} labels for ${wanted} images`);
  }
  const bytes = count * npyRowLength(header) * type.itemBytes;
  if (bytes > MAX_LABEL_BYTES) {
    const [found, most] = [bytes.toLocaleString('en'), MAX_LABEL_BYTES.toLocaleString('en')];
    throw new DataError('LABELS_TOO_LARGE', `${where}: ${found} bytes of labels, at most ${most} are read`);
  }
}

function toLabel(value: number | string, row: number, where: string): Label {
  if (typeof value === 'string') return value === '' ? null : value;
  if (Number.isNaN(value) || value === -1) return null;
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new DataError(
    'LABEL_INVALID',
    `${where} row ${row}: label ${value} is not a class number (0, 1, …; -1 for an image without a label)`,
  );
}

/** Whether classes are named by numbers that are not their own, as speed limits are: 20, 30, 50; or 1, 2, 3. */
export function haveOtherNumbers(classes: readonly string[] = []): boolean {
  return classes.some((name, index) => /^\d+$/.test(name) && Number(name) !== index);
}

/**
 * A label of a table or a sidecar file. -1 and nothing are no label; digits as text are a class number, but names where
 * `haveOtherNumbers`. @throws DataError `LABEL_INVALID`
 */
export function labelFrom(value: unknown, where: string, areNames = false): Label {
  if (value === null || value === undefined || value === '' || value === '-1') return null;
  const isNumber = typeof value === 'string' && !areNames && /^-?\d+$/.test(value);
  const label = typeof value === 'bigint' || isNumber ? Number(value) : value;
  if (typeof label === 'string') return label;
  if (label === -1 || Number.isNaN(label)) return null;
  if (Number.isSafeInteger(label) && (label as number) >= 0) return label as number;
  throw new DataError('LABEL_INVALID', `${where}: the label ${shownValue(value)} is neither a class name nor a number`);
}

/**
 * Class names of labels; `where` and `firstRow` are for errors.
 * @param classes the model's, in the network's order; none if it has no head: labels are then kept as text
 * @throws DataError `LABEL_OUTSIDE_CLASSES`
 */
export function labelNames(
  labels: readonly Label[],
  classes: readonly string[],
  where: string,
  firstRow = 0,
): (string | null)[] {
  const known = new Set(classes);
  const isKnown = (name: string) => known.has(name);
  return labels.map((label, i) => labelName(label, classes, () => `${where} row ${firstRow + i}`, isKnown));
}

/** The same for one label. @param place names it in errors @throws DataError `LABEL_OUTSIDE_CLASSES` */
export function labelName(
  label: Label,
  classes: readonly string[],
  place: string | (() => string),
  isKnown = (name: string) => classes.includes(name),
): string | null {
  if (label === null || classes.length === 0) return label === null ? null : String(label);
  const name = typeof label === 'number' ? classes[label] : isKnown(label) ? label : undefined;
  if (name !== undefined) return name;
  throw outsideClasses(label, classes, typeof place === 'string' ? place : place());
}

function outsideClasses(label: number | string, classes: readonly string[], where: string): DataError {
  if (typeof label === 'number') {
    const range = `${classes.length.toLocaleString('en')} classes, 0 to ${classes.length - 1}`;
    return new DataError('LABEL_OUTSIDE_CLASSES', `${where}: label ${label}, the model has ${range}`);
  }
  const close = nearest(label, classes);
  const told = classes.slice(0, 20).join(', ') + (classes.length > 20 ? ', …' : '');
  return new DataError('LABEL_OUTSIDE_CLASSES', `${where}: label ${JSON.stringify(label)}, the classes are ${told}`, {
    hint: close === null ? undefined : `Did you mean ${close}?`,
  });
}

export interface LabelOptions {
  /**
   * `folder`: the first folder of each key; null: none; else a column's name, with or without `column:`. Default: the
   * source's labels, and folders that are named like the model's classes.
   */
  labels?: string | null | undefined;
  /** The model's class names, in the network's order. */
  classes?: readonly string[] | undefined;
}

interface FolderLabels {
  labels: 'index' | 'name' | null;
  labelOf(key: string): Label;
  notices: readonly string[];
}

const NONE: FolderLabels = { labels: null, labelOf: () => null, notices: [] };

/**
 * What the folders of all images are as labels. Unasked, folders are labels where every image lies in one folder and at
 * least half of these are named like classes; images in the others get no label and a notice, so that a new class does
 * not cost all labels. Asked for, they are names of known classes; where none is, and there are as many folders as
 * classes, class numbers by the order of their names, as torchvision's.
 */
export class FolderKeys {
  readonly #options: LabelOptions;
  readonly #folders = new Set<string>();
  #areOneDeep = true;
  /** The first image that lies in no folder. */
  #inNone: string | null = null;

  constructor(options: LabelOptions) {
    this.#options = options;
  }

  add(key: string): void {
    const { labels: asked } = this.#options;
    if (asked !== undefined && asked !== 'folder') return;
    // Unasked, one image that does not lie in one folder is enough to know.
    if (asked === undefined && !this.#areOneDeep) return;
    const end = key.indexOf('/');
    if (end < 0 || key.includes('/', end + 1)) this.#areOneDeep = false;
    if (end >= 0) this.#folders.add(key.slice(0, end));
    else if (this.#inNone === null || compareKeys(key, this.#inNone) < 0) this.#inNone = key;
  }

  /** @throws DataError `LABELS_FOLDER` where folders are asked for and an image lies in none */
  labels(where: string): FolderLabels {
    const { labels: asked, classes = [] } = this.#options;
    if (asked !== undefined && asked !== 'folder') return NONE;
    if (asked === 'folder' && this.#inNone !== null) {
      throw new DataError(
        'LABELS_FOLDER',
        `${where}: the image ${shown(this.#inNone)} lies in no folder, so it has no label`,
        { hint: 'Leave --labels out, or put every image into the folder of its class.' },
      );
    }
    const known = new Set(classes);
    const folders = [...this.#folders].sort(compareKeys);
    const unknown = folders.filter((folder) => !known.has(folder));
    const agreeing = folders.length - unknown.length;
    if (asked === undefined) return this.#areOneDeep && agreeing > 0 ? unasked(known, agreeing, unknown) : NONE;
    return classes.length !== folders.length || agreeing > 0 ? byName() : byNumber(folders, classes);
  }
}

function byName(): FolderLabels {
  return { labels: 'name', labelOf: firstFolder, notices: [] };
}

function byNumber(folders: readonly string[], classes: readonly string[]): FolderLabels {
  const numbers = new Map(folders.map((folder, index) => [folder, index]));
  const pairs = folders.slice(0, 3).map((folder, index) => `${shown(folder)} → ${shown(classes[index]!)}`);
  return {
    labels: 'index',
    labelOf: (key) => numbers.get(firstFolder(key)) ?? null,
    notices: [
      `Labels: the ${folders.length} folders in the order of their names are the classes: ${pairs.join(', ')}, …`,
    ],
  };
}

/** Labels where most folders are classes; says so where some are not: a misspelt one, or a new class. */
function unasked(known: ReadonlySet<string>, agreeing: number, unknown: readonly string[]): FolderLabels {
  if (unknown.length === 0) return byName();
  const names = unknown.length > 3 ? [...unknown.slice(0, 3).map(shown), '…'] : unknown.map(shown);
  const said = `${unknown.length} of ${agreeing + unknown.length} folders ${unknown.length === 1 ? 'is' : 'are'} named like no class (${names.join(', ')})`;
  if (unknown.length > agreeing) return { ...NONE, notices: [`No labels: ${said}. --labels folder takes them all.`] };
  const rest = 'images there have no label and are not in the accuracy.';
  const asNew = 'If that is a new class, all predictions there are wrong: --labels folder counts them so.';
  return {
    labels: 'name',
    labelOf: (key) => (known.has(firstFolder(key)) ? firstFolder(key) : null),
    notices: [`Labels: ${said}: ${rest} ${asNew}`],
  };
}

function firstFolder(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
