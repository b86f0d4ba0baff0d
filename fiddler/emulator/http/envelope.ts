/** The three forms of an answer: one item, a page of items, an error. */
import type { ApiFailure } from './api-failure.js';

const API_VERSION = '3.0';

export function normal<T>(data: T) {
  return { api_version: API_VERSION, kind: 'NORMAL', data };
}

export interface Page {
  limit: number;
  offset: number;
}

/**
 * @param all all items that match the request; the answer holds one page of them
 * @param view renders an item. Called only for the items of the page, because some views run queries.
 */
export function paginated<T, V>(all: readonly T[], { limit, offset }: Page, view: (item: T) => V) {
  const items = all.slice(offset, offset + limit).map(view);
  return {
    api_version: API_VERSION,
    kind: 'PAGINATED',
    data: {
      page_size: limit,
      item_count: items.length,
      total: all.length,
      page_count: Math.ceil(all.length / limit),
      page_index: Math.floor(offset / limit) + 1,
      offset,
      items,
    },
  };
}

export function failed({ status, reason, message, details }: ApiFailure) {
  return {
    api_version: API_VERSION,
    kind: 'ERROR',
    error: { code: status, message, errors: details.map((detail) => ({ reason, message: detail, help: '' })) },
  };
}

/** A time as Fiddler writes it: `2026-01-05T09:00:00.000000+00:00`. */
export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000+00:00');
}
