/** The three forms of every answer: one thing, a page of things, an error. */
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
 * @param all everything that the request asks for, of which a page is given
 * @param view an item as it is shown: made of those of the page alone, as some need queries of their own
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

/** `2026-01-05T09:00:00.000000+00:00`, as Fiddler writes times. */
export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000+00:00');
}
