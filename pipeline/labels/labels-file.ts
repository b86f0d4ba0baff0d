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

async function readLines(path: string) {
  const table = await openTable(path, path.toLowerCase().endsWith('.parquet') ? 'parquet' : 'csv');
  const { columns } = table;
  const lines: LabelLine[] = [];
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
        lines.push({ ...known, probability: probability === null ? null : Number(probability) });
      }
    }
  } finally {
    await table.close();
  }
  return { lines, columns, chosenBy };
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
  const meant = nearest(label!, classes);
  const message = `${place}: label ${quoted(label!)} is none of the ${classes.length} classes`;
  const hint =
    meant === null ? `They are ${classes.slice(0, 10).map(quoted).join(', ')}.` : `Did you mean ${quoted(meant)}?`;
  throw new LabelError('LABELS_CLASS_UNKNOWN', message, { hint });
}

/**
 * Finds the rows that lines are about, by `event_id`, or else by image. @throws LabelError `LABELS_TWICE` for a line whose
 * row has one already
 */
export class LineFinder {
  readonly #byId = new Map<string, number>();
  readonly #byImage = new Map<string, number>();
  readonly #lines: readonly LabelLine[];
  readonly #found = new Set<number>();

  constructor(lines: readonly LabelLine[]) {
    this.#lines = lines;
    for (const [i, { id, image }] of lines.entries()) {
      const [map, key] = id === null ? ([this.#byImage, image!] as const) : ([this.#byId, id] as const);
      const first = map.get(key);
      if (first !== undefined) throw this.#twice(i, `${quoted(key)} has a label on ${lines[first]!.place}, too`);
      map.set(key, i);
    }
  }

  /** The line about a row; null for none. @param images names of its image */
  of(id: string | null, images: readonly (string | null)[]): LabelLine | null {
    const found = [
      id === null ? undefined : this.#byId.get(id),
      ...images.map((image) => (image === null ? undefined : this.#byImage.get(image))),
    ].find((line) => line !== undefined);
    if (found === undefined) return null;
    if (this.#found.has(found))
      throw this.#twice(found, 'is the name of several events; their event_id says which is meant');
    this.#found.add(found);
    return this.#lines[found]!;
  }

  /** @throws LabelError `LABELS_UNKNOWN` for a line that no row was found for @param where files that were read */
  checkAll(where: string): void {
    const lost = this.#lines.find((_, i) => !this.#found.has(i));
    if (lost === undefined) return;
    throw new LabelError('LABELS_UNKNOWN', `${lost.place}: ${quoted(lost.id ?? lost.image!)} is no event of ${where}`);
  }

  #twice(line: number, why: string): LabelError {
    const { place, id, image } = this.#lines[line]!;
    return new LabelError('LABELS_TWICE', `${place}: ${quoted(id ?? image!)}: ${why}`);
  }
}
