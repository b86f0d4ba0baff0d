/**
 * Lists: filtered by the server, and read in pages. What a server says of its own lists is not relied on: the next offset
 * is counted from the items that came, a page that brings nothing new ends the list, a total is believed only where the
 * last page has room, and an item that was asked for by its name must have it.
 */
import { z } from 'zod';
import { quoted } from '../../base/index.js';
import { ask } from './answer.js';
import { FiddlerError } from './fiddler-error.js';
import { apiPath, type Sender } from './request.js';

/** As the official client asks. */
const PAGE = 50;
/** 5 million items: no tenant has so many of anything that is listed here, a server that goes on is broken. */
const MAX_PAGES = 100_000;

const position = z.looseObject({
  total: z.number().nullish(),
  page_count: z.number().nullish(),
  page_index: z.number().nullish(),
});

const pageOf = <T extends z.ZodType>(item: T) => position.extend({ items: z.array(item) });

type Query = readonly (readonly [name: string, value: string])[];

export async function* listAll<T extends z.ZodType>(
  sender: Sender,
  path: string[],
  query: Query,
  item: T,
): AsyncGenerator<z.output<T>> {
  let offset = 0;
  let previous = '';
  for (let asked = 0; asked < MAX_PAGES; asked++) {
    const pageQuery: Query = [...query, ['limit', String(PAGE)], ['offset', String(offset)]];
    const request = { method: 'GET', path: apiPath(...path), query: pageQuery, repeatable: true } as const;
    const found = await ask(sender, request, pageOf(item));
    const fingerprint = JSON.stringify(found.items);
    if (found.items.length === 0 || fingerprint === previous) return;
    yield* found.items;
    offset += found.items.length;
    previous = fingerprint;
    if (isLast(found, offset)) return;
  }
}

function isLast(found: z.output<typeof position> & { items: unknown[] }, seen: number): boolean {
  const { items, total, page_count, page_index } = found;
  if (typeof total === 'number') return seen >= total && items.length !== PAGE;
  if (typeof page_count === 'number' && typeof page_index === 'number') return page_index >= page_count;
  return items.length < PAGE;
}

/**
 * The first item of that name that the filter lets through, or null. Letters of other case are the same name.
 * @throws FiddlerError `ANSWER_UNREADABLE` where the server gives another: it has not filtered
 */
export async function firstOf<T extends z.ZodType<{ name: string }>>(
  sender: Sender,
  path: string[],
  name: string,
  query: Query,
  item: T,
): Promise<z.output<T> | null> {
  const request = { method: 'GET', path: apiPath(...path), query, repeatable: true } as const;
  const found: { items: z.output<T>[] } = await ask(sender, request, pageOf(item));
  const [first] = found.items;
  if (first === undefined) return null;
  if (first.name.toLowerCase() === name.toLowerCase()) return first;
  const message = `GET ${request.path}: asked for ${quoted(name)}, the server gives ${quoted(sender.redact(first.name))}`;
  throw new FiddlerError('ANSWER_UNREADABLE', message, { hint: 'The server does not filter its lists by name.' });
}

export interface Rule {
  field: string;
  value: string;
}

/**
 * The `filter` of a list, compact JSON in the query: rules that must all hold, by equality, in the order given (the order
 * of the wire). No rules mean everything.
 */
export function filterOf(...rules: Rule[]): readonly [name: string, value: string] {
  const equal = rules.map(({ field, value }) => ({ field, operator: 'equal', value }));
  return ['filter', JSON.stringify({ condition: 'AND', rules: equal })];
}
