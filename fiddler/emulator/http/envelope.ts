/** The three forms of an answer: one item, a page of items, an error. */

/** A refused request in Fiddler's terms: a status, a one-word reason, and one message for each problem. */
type Reason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'ObjectNotFound'
  | 'MethodNotAllowed'
  | 'Conflict'
  | 'PayloadTooLarge'
  | 'TooManyRequests'
  | 'NotImplemented'
  | 'InternalServerError';

export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';

  /** @param details become the entries of `error.errors`; default: the message alone */
  constructor(
    readonly status: number,
    readonly reason: Reason,
    message: string,
    readonly details: readonly string[] = [message],
  ) {
    super(message);
  }
}

export function badRequest(message: string, details?: readonly string[]): ApiFailure {
  return new ApiFailure(400, 'BadRequest', message, details);
}

/** @param what the resource in Fiddler's terms: Project, Model, Environment, Baseline, Job, File */
export function notFound(what: string): ApiFailure {
  return new ApiFailure(404, 'ObjectNotFound', `${what} not found for the given identifier`);
}

export function conflict(what: string): ApiFailure {
  return new ApiFailure(409, 'Conflict', `${what} already exists`);
}

/** @param what Fiddler has, and the emulator has not: `segments` */
export function notOffered(what: string): ApiFailure {
  return new ApiFailure(501, 'NotImplemented', `The emulator has no ${what}`);
}

const API_VERSION = '3.0';

export function normal<T>(data: T) {
  return { api_version: API_VERSION, kind: 'NORMAL', data };
}

interface Page {
  limit: number;
  offset: number;
}

/** @param all the items that match; one page is answered @param view called for a page only, as some run queries */
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
