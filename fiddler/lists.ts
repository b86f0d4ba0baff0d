/**
 * Lists in pages. The next offset is counted from the received items, not taken from the answer, because a server may
 * never raise its own `offset`. A page without new items ends the list.
 */
import { z } from 'zod';
import { ask } from './answer.js';
import { apiPath } from './api-path.js';
import type { Sender } from './request.js';

/** The page size of the official client. */
const PAGE = 50;
/** 5 million items. No tenant has that many resources, so a server that sends more is broken. */
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
  if (typeof total === 'number') return seen >= total;
  if (typeof page_count === 'number' && typeof page_index === 'number') return page_index >= page_count;
  return items.length < PAGE;
}

/** The first item that matches the filter, or null. */
export async function firstOf<T extends z.ZodType>(
  sender: Sender,
  path: string[],
  query: Query,
  item: T,
): Promise<z.output<T> | null> {
  const request = { method: 'GET', path: apiPath(...path), query, repeatable: true } as const;
  const found = await ask(sender, request, pageOf(item));
  return found.items[0] ?? null;
}
