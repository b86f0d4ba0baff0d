/**
 * What resources have in common: they are listed, found by name, got, made once and deleted once.
 * A server's lists are not relied on: the next offset is counted from the items that came, a page without a new one
 * ends the list, a total is believed only where the last page has room, and an item found by name must have it.
 */
import * as z from 'zod';
import { quoted } from '../../base/index.js';
import { ask, jsonBody } from './answer.js';
import { Conflict, FiddlerError, NotFound, UnknownOutcome } from './fiddler-error.js';
import { apiPath, type Sender } from './request.js';
import { decide } from './retry-policy.js';

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

/** Members and the values that they must have. */
type Rules = Readonly<Record<string, string>>;

export abstract class Resource<T extends z.ZodType> {
  // Not to be seen where a client is shown: what sends has the token.
  readonly #sender: Sender;
  readonly #path: string;
  readonly #type: T;

  constructor(sender: Sender, path: string, type: T) {
    this.#sender = sender;
    this.#path = path;
    this.#type = type;
  }

  protected get sender(): Sender {
    return this.#sender;
  }

  /** @throws NotFound */
  get(id: string): Promise<z.output<T>> {
    return ask(this.#sender, { method: 'GET', path: apiPath(this.#path, id), repeatable: true }, this.#type);
  }

  /** Not repeated by itself: the outcome may be unknown. */
  protected post(body: object): Promise<z.output<T>> {
    const request = { method: 'POST', path: apiPath(this.#path), body: jsonBody(body), repeatable: false } as const;
    return ask(this.#sender, request, this.#type);
  }

  /**
   * Creates something that has a name: after an unknown outcome it is looked up before the request is repeated.
   * @param find gives what was made: null where there is none, or only another of the same name
   * @throws Conflict when it was there before; UnknownOutcome when the window ends without knowing
   */
  protected async createOnce(body: object, find: () => Promise<z.output<T> | null>): Promise<z.output<T>> {
    const began = performance.now();
    let lost: UnknownOutcome | null = null;
    for (let number = 1; ; number++) {
      try {
        return await this.post(body);
      } catch (error) {
        if (error instanceof UnknownOutcome) lost = error;
        else if (!(error instanceof Conflict && lost !== null)) throw error;
        const found = await find();
        if (found !== null) return found;
        if (error instanceof Conflict) throw error;
        const elapsedSeconds = (performance.now() - began) / 1000;
        const attempt = { number, elapsedSeconds, repeatable: true, reached: true, random: Math.random() };
        const decision = decide({ kind: 'lost' }, attempt, this.#sender.retry);
        if (decision.next === 'give-up') throw lost ?? error;
        await this.#sender.sleep(decision.seconds);
      }
    }
  }

  /** @throws NotFound when it was not there, unless an earlier try, whose answer was lost, has deleted it */
  protected async deleteOnce(id: string): Promise<void> {
    try {
      await this.#sender.send({ method: 'DELETE', path: apiPath(this.#path, id), repeatable: true });
    } catch (error) {
      if (!(error instanceof NotFound && error.attempts > 1)) throw error;
    }
  }
}

/** A resource whose items can be deleted at once. */
export abstract class Deletable<T extends z.ZodType> extends Resource<T> {
  /** @throws NotFound */
  delete(id: string): Promise<void> {
    return this.deleteOnce(id);
  }
}

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

/** The first item of that name, in any case, in the filtered list. @throws `ANSWER_UNREADABLE`: not filtered */
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

/** The `filter` of a list, compact JSON: rules that must all hold, in the wire's order; none: everything. */
export function filterOf(rules: Rules = {}): readonly [name: string, value: string] {
  const equal = Object.entries(rules).map(([field, value]) => ({ field, operator: 'equal', value }));
  return ['filter', JSON.stringify({ condition: 'AND', rules: equal })];
}

/** Members in the order of `defaults`, which is the wire's; those that are not given as there. */
export function inOrder(defaults: Readonly<Record<string, unknown>>, given: object): object {
  const values = given as Readonly<Record<string, unknown>>;
  const memberOf = (name: string) => values[name] ?? (defaults[name] === undefined ? values[name] : defaults[name]);
  return Object.fromEntries(Object.keys(defaults).map((name) => [name, memberOf(name)]));
}
