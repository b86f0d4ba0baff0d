/** Reads labels.csv and plan.csv; an error names the line. */
import { nearest, quoted } from '../../base/index.js';
import { openTable } from '../../data/index.js';
import { LabelError } from './label-error.js';

export interface LabelLine {
  /** `labels.csv line 7`. */
  place: string;
  id: string | null;
  image: string | null;
  label: string | null;
  stratum: string | null;
  probability: number | null;
}

/** A line of a file that has a column for each label. */
export interface SeveralLine extends LabelLine {
  /** Whether each label holds; null where nobody says. */
  marks: (boolean | null)[];
}

const ID = 'event_id';
const IMAGE = 'image';
const LABEL = 'label';
const PROBABILITY = 'probability';
const CHOSEN = 'chosen_by';

/** What chose them, where that is no random draw. */
interface LabelFile {
  lines: LabelLine[];
  chosenBy: string | null;
}

/** Rows without a label are left out. @throws LabelError `LABELS_COLUMN_MISSING`; as `openTable` */
export async function readLabels(path: string): Promise<LabelFile> {
  const { lines, columns, chosenBy } = await readLines(path);
  if (!columns.includes(LABEL)) throw missing(path, LABEL, columns);
  const chosen = chosenBy ?? (columns.includes(PROBABILITY) ? 'a plan' : null);
  return { lines: lines.filter(({ label }) => label !== null), chosenBy: chosen };
}

/** Columns that are no labels. */
const OTHERS: readonly string[] = [ID, IMAGE, 'stratum', PROBABILITY, CHOSEN];

/**
 * Labels of which several may hold: a column of 0 and 1 for each.
 * @throws LabelError `LABELS_COLUMN_MISSING`, `LABELS_CLASS_UNKNOWN`, `LABELS_VALUE`; as `openTable`
 */
export async function readSeveralLabels(path: string, labels: readonly string[]) {
  const { lines, columns, chosenBy, marks } = await readLines(path, labels);
  if (columns.includes(LABEL) && !labels.includes(LABEL)) {
    const message = `${path}: a column ${LABEL} says one label for each image, and several of the ${labels.length} may hold`;
    throw new LabelError('LABELS_ONE_COLUMN', message, {
      hint: `A column of 0 and 1 is needed for each: ${toldLabels(labels)}.`,
    });
  }
  const unknown = columns.find((name) => !labels.includes(name) && !OTHERS.includes(name));
  if (unknown !== undefined) throw unknownClass(`${path}: column`, unknown, labels);
  if (!columns.some((name) => labels.includes(name))) throw missing(path, labels[0]!, columns);
  const known = lines.map((line, i): SeveralLine => ({ ...line, marks: marks[i]! }));
  const chosen = chosenBy ?? (columns.includes(PROBABILITY) ? 'a plan' : null);
  return { lines: known.filter(({ marks: own }) => own.some((mark) => mark !== null)), chosenBy: chosen };
}

const MARKS: Readonly<Record<string, boolean>> = { 0: false, 1: true, false: false, true: true };

function markOf(text: string | null, place: string, label: string): boolean | null {
  if (text === null) return null;
  const mark = MARKS[text.toLowerCase()];
  if (mark !== undefined) return mark;
  throw new LabelError('LABELS_VALUE', `${place} column ${label}: ${quoted(text)}, 0 or 1 is needed, or nothing`);
}

/** Every line has a stratum and a probability. @throws LabelError `LABELS_COLUMN_MISSING`, `PLAN_PROBABILITY` */
export async function readPlan(path: string): Promise<LabelLine[]> {
  const { lines, columns } = await readLines(path);
  for (const name of ['stratum', PROBABILITY]) if (!columns.includes(name)) throw missing(path, name, columns);
  for (const { place, stratum, probability } of lines) {
    if (stratum !== null && probability !== null && probability > 0 && probability <= 1) continue;
    throw new LabelError(
      'PLAN_PROBABILITY',
      `${place}: stratum ${stratum}, probability ${probability}; 0 to 1 is needed`,
    );
  }
  return lines;
}

/** @param labels whose columns say whether each holds */
async function readLines(path: string, labels: readonly string[] = []) {
  const table = await openTable(path, path.toLowerCase().endsWith('.parquet') ? 'parquet' : 'csv');
  const { columns } = table;
  const lines: LabelLine[] = [];
  const marks: (boolean | null)[][] = [];
  let chosenBy: string | null = null;
  try {
    if (!columns.includes(ID) && !columns.includes(IMAGE)) throw missing(path, `${ID} or ${IMAGE}`, columns);
    for await (const { rows, columns: values, lines: numbers } of table.batches()) {
      for (let row = 0; row < rows; row++) {
        const of = (name: string) => textOf(values.get(name)?.[row]);
        const place = `${path} ${numbers === null ? `row ${lines.length}` : `line ${numbers[row]}`}`;
        const [stratum, probability] = [of('stratum'), of(PROBABILITY)];
        const known = { place, id: of(ID), image: of(IMAGE), label: of(LABEL), stratum };
        if (known.id === null && known.image === null) {
          throw new LabelError('LABELS_ID_MISSING', `${place}: neither ${ID} nor ${IMAGE}`);
        }
        chosenBy ??= of(CHOSEN);
        marks.push(labels.map((label) => markOf(of(label), place, label)));
        lines.push({ ...known, probability: probability === null ? null : Number(probability) });
      }
    }
  } finally {
    await table.close();
  }
  return { lines, columns, chosenBy, marks };
}

function textOf(value: unknown): string | null {
  const text = value === null || value === undefined ? '' : String(value).trim();
  return text === '' ? null : text;
}

function missing(path: string, name: string, columns: readonly string[]): LabelError {
  const message = `${path}: no column ${name}, its columns are ${columns.map(quoted).join(', ')}`;
  return new LabelError('LABELS_COLUMN_MISSING', message, { hint: 'label-plan makes such a file, with empty labels.' });
}

/** Index of the class. @throws LabelError `LABELS_CLASS_UNKNOWN` */
export function classIndex({ place, label }: LabelLine, classes: readonly string[]): number {
  const index = classes.indexOf(label!);
  if (index >= 0) return index;
  throw unknownClass(`${place}: label`, label!, classes);
}

function unknownClass(what: string, label: string, classes: readonly string[]): LabelError {
  const meant = nearest(label, classes);
  const message = `${what} ${quoted(label)} is none of the ${classes.length} classes`;
  const hint = meant === null ? `They are ${toldLabels(classes)}.` : `Did you mean ${quoted(meant)}?`;
  return new LabelError('LABELS_CLASS_UNKNOWN', message, { hint });
}

function toldLabels(labels: readonly string[]): string {
  return labels.slice(0, 10).map(quoted).join(', ');
}

/**
 * Finds the rows that lines are about, by `event_id`, or else by image. @throws LabelError `LABELS_TWICE` for a line whose
 * row has one already
 */
export class LineFinder<Line extends LabelLine> {
  readonly #byId = new Map<string, number>();
  readonly #byImage = new Map<string, number>();
  /** Images of lines that an `event_id` names, and the event of another id that such an image has. */
  readonly #imagesOfIds = new Map<string, number>();
  readonly #others = new Map<number, string>();
  readonly #lines: readonly Line[];
  readonly #found = new Set<number>();
  /** How a row is named, for who named none. */
  #id: string | null = null;
  #image: string | null = null;

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
    for (const [i, { id, image }] of lines.entries()) {
      const [map, key] = id === null ? ([this.#byImage, image!] as const) : ([this.#byId, id] as const);
      const first = map.get(key);
      if (first !== undefined) throw this.#twice(i, `${quoted(key)} has a label on ${lines[first]!.place}, too`);
      map.set(key, i);
      if (id !== null && image !== null) this.#imagesOfIds.set(image, i);
    }
  }

  /** The line about a row; null for none. @param images names of its image */
  of(id: string | null, images: readonly (string | null)[]): Line | null {
    this.#id ??= id;
    this.#image ??= images.find((image) => image !== null) ?? null;
    const found = [
      id === null ? undefined : this.#byId.get(id),
      ...images.map((image) => (image === null ? undefined : this.#byImage.get(image))),
    ].find((line) => line !== undefined);
    if (found === undefined) {
      const other = images.map((image) => this.#imagesOfIds.get(image ?? '')).find((line) => line !== undefined);
      if (other !== undefined && id !== null) this.#others.set(other, id);
      return null;
    }
    if (this.#found.has(found))
      throw this.#twice(found, 'is the name of several events; their event_id says which is meant');
    this.#found.add(found);
    return this.#lines[found]!;
  }

  /** @throws LabelError `LABELS_UNKNOWN` for a line that no row was found for @param where files that were read */
  checkAll(where: string): void {
    const at = this.#lines.findIndex((_, i) => !this.#found.has(i));
    const lost = this.#lines[at];
    if (lost === undefined) return;
    const message = `${lost.place}: ${quoted(lost.id ?? lost.image!)} is no event of ${where}`;
    const known = lost.id === null ? this.#image : this.#id;
    const other = this.#others.get(at);
    const hint =
      other === undefined
        ? known === null
          ? undefined
          : `One of them is ${quoted(known)}.`
        : `Its image has the event_id ${quoted(other)} there. Another network, or another name of the set, gives other ids: give the events that the labels were planned for.`;
    throw new LabelError('LABELS_UNKNOWN', message, { hint });
  }

  #twice(line: number, why: string): LabelError {
    const { place, id, image } = this.#lines[line]!;
    return new LabelError('LABELS_TWICE', `${place}: ${quoted(id ?? image!)}: ${why}`);
  }
}
