/** From the bytes of a 2xx answer to its typed `data`. `api_version` and `kind` are optional everywhere. */
import * as z from 'zod';
import { issueWords, quoted } from '../../base/index.js';
import { FiddlerError, NotFound, UnknownOutcome, Unsupported } from './fiddler-error.js';
import type { ApiAnswer, ApiRequest, RequestBody, Sender } from './request.js';

/** Longer than a token in any spelling. */
const MAX_BEGINNING = 100_000;
/** The server's word for an id that it does not know, other than a route that it does not know. */
const UNKNOWN_ID = 'ObjectNotFound';

const envelope = z.looseObject({ data: z.unknown() });

/**
 * @throws FiddlerError as `Sender.send`, and `NOT_FIDDLER` (HTML) or `ANSWER_UNREADABLE`: as the cause of an
 *   `UnknownOutcome` where the request is not repeatable, as it may have been carried out
 */
export async function ask<T extends z.ZodType>(sender: Sender, request: ApiRequest, type: T): Promise<z.output<T>> {
  const answer = await sender.send(request);
  try {
    return parseData(sender, answer, type);
  } catch (error) {
    if (request.repeatable || !(error instanceof FiddlerError)) throw error;
    throw new UnknownOutcome('UNKNOWN_OUTCOME', `${answer.asked}: was answered, but ${error.message}`, {
      status: answer.status,
      cause: error,
      hint: 'It may have been carried out: look before repeating it.',
    });
  }
}

export function parseData<T extends z.ZodType>(sender: Sender, answer: ApiAnswer, type: T): z.output<T> {
  const outer = envelope.safeParse(parseJson(answer, sender));
  if (!outer.success) throw unreadable(answer, 'has no data');
  const inner = type.safeParse(outer.data.data);
  if (inner.success) return inner.data;
  const [issue] = inner.error.issues;
  throw unreadable(answer, `${['data', ...(issue?.path ?? [])].map(String).join('.')}: ${issueWords(issue?.message)}`);
}

function parseJson(answer: ApiAnswer, sender: Sender): unknown {
  const text = new TextDecoder().decode(answer.bytes);
  if (looksLikeHtml(text)) {
    const message = `${answer.asked}: answered with ${describeHtml(sender.redact(text))}, not with JSON`;
    const hint =
      'A proxy or a login page answered, or FIDDLER_URL is not the address of a Fiddler: open it in a browser, and see HTTPS_PROXY and NO_PROXY.';
    throw new FiddlerError('NOT_FIDDLER', message, { status: answer.status, hint });
  }
  if (text.trim() === '') throw unreadable(answer, 'is empty');
  try {
    return JSON.parse(text, (_, value) => (typeof value === 'string' ? sender.redactName(value) : value));
  } catch {
    throw unreadable(
      answer,
      `is no JSON: it begins with ${quoted(sender.redact(text.slice(0, MAX_BEGINNING)).slice(0, 40))}`,
    );
  }
}

function unreadable(answer: ApiAnswer, what: string): FiddlerError {
  const message = `${answer.asked}: the answer (status ${answer.status}) ${what}`;
  const hint = 'Either something between here and Fiddler changes answers, or this Fiddler is one that we do not know.';
  return new FiddlerError('ANSWER_UNREADABLE', message, { status: answer.status, hint });
}

/** Null where a server does not offer the call (404, 405, 501). @throws NotFound where only the thing is missing */
export async function ifOffered<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Unsupported) return null;
    if (error instanceof NotFound && error.reasonCode !== UNKNOWN_ID) return null;
    throw error;
  }
}

/** Web pages come where an API's answer should: from proxies, login pages, load balancers. */
export function looksLikeHtml(text: string): boolean {
  return /^\s*(<!doctype html|<html|<head|<body|<\?xml)/i.test(text.slice(0, 1000));
}

export function describeHtml(text: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text.slice(0, 20_000))?.[1]?.trim();
  return title ? `a web page ${quoted(title)}` : 'a web page';
}

// JSON turns NaN and ±Infinity into null: an error in a model, a missing value in an event, as in the official client.

/** @throws FiddlerError `VALUE_NOT_FINITE` with the path of the number */
export function jsonBody(value: unknown): RequestBody {
  const place = findNotFinite(value, '');
  if (place !== null) {
    const hint = 'JSON has no NaN or Infinity; look where the number comes from, or leave it out.';
    throw new FiddlerError('VALUE_NOT_FINITE', `${place.path} is ${place.value}`, { hint, permanent: true });
  }
  return { contentType: 'application/json', bytes: JSON.stringify(value) };
}

/** Writes NaN and ±Infinity as null, typed arrays as arrays, and dates as ISO text in UTC. */
export function eventsBody(value: unknown): RequestBody {
  return { contentType: 'application/json', bytes: JSON.stringify(value, plainArrays) };
}

function plainArrays(_key: string, value: unknown): unknown {
  return value instanceof Float32Array || value instanceof Float64Array ? Array.from(value) : value;
}

function findNotFinite(value: unknown, path: string): { path: string; value: number } | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : { path: path || 'the body', value };
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, member] of Object.entries(value)) {
    const inside = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const found = findNotFinite(member, inside);
    if (found !== null) return found;
  }
  return null;
}
