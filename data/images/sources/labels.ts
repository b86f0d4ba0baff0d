/**
 * Labels beside images: class numbers or class names.
 *
 * No label is -1 (as in scikit-learn and torchvision's STL-10), NaN or the empty string. Any other negative number
 * and any fraction is an error. Whether a label is one of the model's classes is for `labelNames`.
 */
import { nearest, shownValue } from '../../../base/index.js';
import { DataError } from '../../data-error.js';
import type { NpyHeader } from '../../npy/header.js';
import { npyRowCount, npyRowLength } from '../../npy/header.js';
import type { NpzFile } from '../../npz.js';

/** Class number, class name, or null for an image without a label. */
export type Label = number | string | null;

/** Labels are held in memory whole: 16 million as int64. */
const MAX_LABEL_BYTES = 2 ** 27;
const ROWS_A_READ = 65_536;

/**
 * Every label of the array, checked.
 * @param images how many images there are
 * @throws DataError `LABELS_SHAPE`, `LABELS_COUNT`, `LABELS_TOO_LARGE`, `LABEL_INVALID`, and as `NpzFile.array`
 */
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
 * A label as a table or a file beside an image has it. As in an npz, -1 and nothing are no label; digits as text are a
 * class number, but where `haveOtherNumbers`: there they are names, as those of folders are.
 * @throws DataError `LABEL_INVALID`
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
 * The class names of labels.
 * @param classes the model's class names, in the network's order; none if it has no head: labels are then kept as text
 * @param where names the file in errors
 * @param firstRow row number of the first label, for errors
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
  return labels.map((label, i) => nameOf(label, classes, isKnown, () => `${where} row ${firstRow + i}`));
}

/** The same for one label. @param place names it in errors @throws DataError `LABEL_OUTSIDE_CLASSES` */
export function labelName(label: Label, classes: readonly string[], place: string): string | null {
  return nameOf(
    label,
    classes,
    (name) => classes.includes(name),
    () => place,
  );
}

function nameOf(
  label: Label,
  classes: readonly string[],
  isKnown: (name: string) => boolean,
  place: () => string,
): string | null {
  if (label === null || classes.length === 0) return label === null ? null : String(label);
  const name = typeof label === 'number' ? classes[label] : isKnown(label) ? label : undefined;
  if (name !== undefined) return name;
  throw outsideClasses(label, classes, place());
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
