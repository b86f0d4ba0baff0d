/** One attempt at a request: sends it and reads the whole answer. Retries are in `transport.ts`. */
import type { Dispatcher } from 'undici';
import { AnswerTooLarge } from './network-failure.js';
import type { RequestBody } from './request.js';

/** The limit for JSON. A list of 50 models with a thousand columns each takes about 20 MB. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** Limit of one attempt: 100 MiB at 60 kB/s. It also stops servers that send a byte a minute. */
const MAX_ATTEMPT_SECONDS = 1800;

export interface Exchange {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: RequestBody | null;
  dispatcher: Dispatcher;
  signal: AbortSignal | null;
  maxAnswerBytes?: number | undefined;
}

export interface RawAnswer {
  status: number;
  header(name: string): string | null;
  bytes: Uint8Array<ArrayBuffer>;
}

/** @throws the errors of `fetch`; AnswerTooLarge */
export async function exchange(o: Exchange): Promise<RawAnswer> {
  const { fetch } = await import('undici');
  const limit = new AbortController();
  const timedOut = Object.assign(new Error('one try took too long'), { code: 'ATTEMPT_TIMEOUT' });
  const timer = setTimeout(() => limit.abort(timedOut), MAX_ATTEMPT_SECONDS * 1000);
  const abort = () => limit.abort(o.signal?.reason);
  o.signal?.addEventListener('abort', abort);
  try {
    const response = await fetch(o.url, {
      method: o.method,
      headers: o.headers,
      body: o.body === null ? null : o.body.bytes,
      dispatcher: o.dispatcher,
      redirect: 'manual',
      signal: limit.signal,
    });
    const bytes = await readAll(response.body, o.maxAnswerBytes ?? MAX_ANSWER_BYTES);
    return { status: response.status, header: (name) => response.headers.get(name), bytes };
  } finally {
    clearTimeout(timer);
    o.signal?.removeEventListener('abort', abort);
  }
}

async function readAll(body: AsyncIterable<Uint8Array> | null, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > limit) {
      throw new AnswerTooLarge(`the answer has more than the ${limit.toLocaleString('en')} bytes that are read`);
    }
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
