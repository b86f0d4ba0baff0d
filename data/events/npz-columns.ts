/** Arrays of an npz that have the same rows, read in step, as columns of an event table. */

import type { CarriedColumn, CarriedValue } from '../carried.js';
import { DataError } from '../data-error.js';
import type { NpyValues } from '../npy/dtype.js';
import type { NpzFile } from '../npz.js';
import { carriedValue } from '../rows/carried-values.js';
import { TARGET, TIMESTAMP } from './event-columns.js';
import { asTimestamp } from './event-values.js';
import { LABELS } from './write-events-npz.js';

/** Names a row of an array in errors. */
type Place = (name: string, row: number) => string;

export class NpzColumns {
  readonly #iterators = new Map<string, AsyncGenerator<{ values: NpyValues }, void, undefined>>();
  readonly #current = new Map<string, NpyValues>();

  readonly #npz: NpzFile;

  constructor(npz: NpzFile) {
    this.#npz = npz;
  }

  async open(name: string, size: number): Promise<void> {
    this.#iterators.set(name, (await this.#npz.array(name)).rows(size));
  }

  async next(): Promise<void> {
    for (const [name, iterator] of this.#iterators) {
      const { value } = await iterator.next();
      if (value) this.#current.set(name, value.values);
    }
  }

  async close(): Promise<void> {
    for (const iterator of this.#iterators.values()) await iterator.return(undefined);
  }

  floats(name: string, width: number, place: Place, finite: boolean): Float32Array | null {
    const values = this.#current.get(name);
    if (values === undefined || Array.isArray(values)) return null;
    const floats = values instanceof Float32Array ? values : Float32Array.from(values);
    const broken = finite ? floats.findIndex((value) => !Number.isFinite(value)) : -1;
    if (broken >= 0) {
      const at = place(name, Math.floor(broken / width));
      throw new DataError('EVENTS_NOT_FINITE', `${at}: value ${broken % width} is ${floats[broken]} as float32`);
    }
    return floats;
  }

  texts(name: string): (string | null)[] | null {
    const values = this.#current.get(name);
    if (values === undefined) return null;
    return Array.from(values as ArrayLike<string | number>, (value) => (value === '' ? null : String(value)));
  }

  carried(name: string, type: CarriedColumn['type']): CarriedValue[] {
    const values = this.#current.get(name) as NpyValues;
    const isTruth = type === 'boolean';
    return Array.from(values as ArrayLike<string | number | bigint>, (value) =>
      // numpy has no null: text that is not known is written as none.
      value === '' ? null : carriedValue(type, isTruth ? Boolean(value) : value),
    );
  }

  timestamps(place: Place): (number | null)[] | null {
    const values = this.#current.get(TIMESTAMP);
    if (values === undefined) return null;
    return Array.from(values as ArrayLike<string | number>, (value, row) =>
      value === -1 ? null : asTimestamp(value, () => place(TIMESTAMP, row)),
    );
  }

  /** Labels are indices of classes where they are numbers and the classes are known. */
  targets(classes: readonly string[], place: Place): (string | null)[] | null {
    const labels = this.#current.get(LABELS);
    if (labels === undefined) return this.texts(TARGET);
    if (Array.isArray(labels) || classes.length === 0) return this.texts(LABELS);
    return Array.from(labels, (label, row) => {
      if (label === -1) return null;
      const name = classes[label];
      if (name === undefined) {
        throw new DataError(
          'EVENTS_LABEL',
          `${place(LABELS, row)}: label ${label}, there are ${classes.length} classes`,
        );
      }
      return name;
    });
  }
}
