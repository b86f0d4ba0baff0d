/**
 * JSON bodies. JSON silently turns NaN and ±Infinity into null. In a model, such a number is an error before anything
 * is sent. In an event, null means a missing value, so such a number is sent as null, as in the official client.
 */
import { FiddlerError } from './fiddler-error.js';
import type { RequestBody } from './request.js';

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
