/** What the carried columns of a table say of one row, as text for people. */
import type { CarriedColumn, CarriedValue, EventBatch } from '../../data/index.js';
import type { Fact } from '../../drift/index.js';

/** As many as fit beside an image; longer text is cut. */
const MOST_FACTS = 8;
const MOST_CHARACTERS = 60;

export function carriedFacts(columns: readonly CarriedColumn[], { carried }: EventBatch, row: number): Fact[] {
  return columns
    .flatMap(({ name, type }) => {
      const value = carried?.get(name)?.[row] ?? null;
      return value === null ? [] : [{ name: shortened(name), value: shortened(textOf(type, value)) }];
    })
    .slice(0, MOST_FACTS);
}

function textOf(type: CarriedColumn['type'], value: CarriedValue): string {
  const isTime = type === 'timestamp' && typeof value === 'number' && Math.abs(value) <= 8.64e15;
  return isTime ? new Date(value).toISOString() : String(value);
}

function shortened(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 1)}…`;
}
