/** Vectors as text in one csv field: `[0.1, 0.2]` as written here and by pandas, `[0.1 0.2\n 0.3]` as numpy prints. */
import { parseDecimal } from '../rows/decimal.js';
import { float32Text } from './float32-text.js';

export function vectorText(values: Float32Array, begin: number, end: number): string {
  let text = '[';
  for (let i = begin; i < end; i++) {
    if (i > begin) text += ', ';
    text += float32Text(values[i] as number);
  }
  return `${text}]`;
}

/** Why a text is not a vector, as the end of a sentence. */
export class NotAVector {
  constructor(readonly reason: string) {}
}

export function parseVectorText(text: string): number[] | NotAVector {
  const trimmed = text.trim();
  if (!trimmed.startsWith('[') || !trimmed.endsWith(']')) {
    return new NotAVector(`"${trimmed.slice(0, 40)}" is not between square brackets`);
  }
  const inner = trimmed.slice(1, -1).trim();
  if (inner === '') return [];
  const entries = inner.includes(',') ? inner.split(',') : inner.split(/\s+/);
  const values = new Array<number>(entries.length);
  for (let i = 0; i < entries.length; i++) {
    const entry = (entries[i] as string).trim();
    const value = parseDecimal(entry);
    if (Number.isNaN(value)) return new NotAVector(describeEntry(entry, i));
    values[i] = value;
  }
  return values;
}

function describeEntry(entry: string, index: number): string {
  if (entry === '...') {
    return `entry ${index} is "...": numpy abbreviated the vector when it was written as text, its values are lost`;
  }
  return `entry ${index} is "${entry.slice(0, 40)}", which is not a finite number`;
}
