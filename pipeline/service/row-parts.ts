/** Rows of a service as event tables, one for each flush: `drift`, `publish` and the rest take them as they are. */
import { join, listFolder, removeFile } from '#platform';
import { type CarriedColumn, type CarriedValue, type EventTableSchema, openEventWriter } from '../../data/index.js';
import type { Profile } from '../../drift/index.js';
import { isThere } from '../../files/index.js';
import { makePrivateFolder } from '../../files/system/index.js';
import { partName, partTimes, ROWS_FOLDER } from '../monitor/row-names.js';
import type { CountedRow } from './recording.js';

export class RowParts {
  readonly #folder: string;
  readonly #recorder: string;
  readonly #profile: Profile;
  #parts = 0;

  /** @param state folder of the monitor @param recorder whose rows they are */
  constructor(state: string, recorder: string, profile: Profile) {
    this.#folder = join(state, ROWS_FOLDER);
    this.#recorder = recorder;
    this.#profile = profile;
  }

  /** @param rows at least one @throws FileError */
  async write(rows: readonly CountedRow[]): Promise<void> {
    await makePrivateFolder(this.#folder);
    const [scored, unscored] = [
      rows.filter(({ scores }) => scores !== null),
      rows.filter(({ scores }) => scores === null),
    ];
    for (const part of [scored, unscored]) if (part.length > 0) await this.#writePart(part);
  }

  /** Deletes tables whose rows are all before a time, those of other recorders, too. @param time ms since 1970 */
  async deleteBefore(time: number): Promise<void> {
    if (!(await isThere(this.#folder))) return;
    for (const { name } of await listFolder(this.#folder)) {
      const times = partTimes(name);
      if (times !== null && times.to < time) await removeFile(join(this.#folder, name));
    }
  }

  async #writePart(rows: readonly CountedRow[]): Promise<void> {
    const times = rows.map(({ time }) => time);
    const name = partName({ from: Math.min(...times), to: Math.max(...times) }, this.#recorder, this.#parts++);
    const schema = this.#schema(rows);
    const writer = await openEventWriter(join(this.#folder, name), schema);
    await writer.write({
      rows: rows.length,
      embeddings: joined(rows.map(({ embedding }) => embedding)),
      scores: schema.classes.length > 0 ? joined(rows.map(({ scores }) => scores!)) : null,
      targets: rows.map(() => null),
      imageUrls: rows.map(() => null),
      timestamps: times,
      eventIds: rows.map(({ image }) => image.id ?? null),
      statistics: new Map(schema.statistics.map((name) => [name, columnOf(rows, name)])),
      extraTaps: new Map(),
      carried: new Map((schema.carried ?? []).map((column) => [column.name, valuesOf(rows, column)])),
    });
    await writer.commit();
  }

  #schema(rows: readonly CountedRow[]): EventTableSchema {
    const { dimensions, classes, thresholds, tap, weightsSha256, pixelsSha256 } = this.#profile;
    return {
      ...{ dimensions, tap, weightsSha256 },
      ...(pixelsSha256 !== undefined && { pixelsSha256 }),
      ...(rows[0]!.scores === null ? { classes: [] } : { classes, ...(thresholds && { thresholds }) }),
      ...{ hasTargets: false, hasImageUrls: false, hasTimestamps: true },
      hasEventIds: rows.some(({ image }) => typeof image.id === 'string'),
      statistics: namesOf(rows, ({ image }) => image.statistics),
      images: null,
      extraTaps: new Map(),
      carried: namesOf(rows, ({ image }) => image.columns).map((name) => ({ name, type: typeOf(rows, name) })),
    };
  }
}

function joined(vectors: readonly Float32Array[]): Float32Array {
  const { length } = vectors[0]!;
  const all = new Float32Array(vectors.length * length);
  for (const [i, vector] of vectors.entries()) all.set(vector, i * length);
  return all;
}

function namesOf(rows: readonly CountedRow[], of: (row: CountedRow) => object | null | undefined): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(of(row) ?? {})))];
}

function columnOf(rows: readonly CountedRow[], name: string): Float32Array {
  return Float32Array.from(rows, ({ image }) => image.statistics?.[name] ?? Number.NaN);
}

/** Text, where values are of several types. */
function typeOf(rows: readonly CountedRow[], name: string): CarriedColumn['type'] {
  const values = rows.flatMap(({ image }) => image.columns?.[name] ?? []);
  if (values.every((value) => typeof value === 'boolean')) return 'boolean';
  if (values.every((value) => typeof value === 'number')) return values.every(Number.isInteger) ? 'integer' : 'float';
  return 'string';
}

function valuesOf(rows: readonly CountedRow[], { name, type }: CarriedColumn): CarriedValue[] {
  const values = rows.map(({ image }) => image.columns?.[name] ?? null);
  return type === 'string' ? values.map((value) => value && String(value)) : values;
}
