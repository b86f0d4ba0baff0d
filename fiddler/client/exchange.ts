/** One attempt at a request: sends it and reads the whole answer. Retries are in `transport.ts`. */
import type { Dispatcher } from 'undici';
import { mayConnect, quoted } from '../../base/index.js';
import type { RequestBody } from './request.js';
import type { Failure } from './retry-policy.js';

/** The limit for JSON. A list of 50 models with a thousand columns each takes about 20 MB. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** Limit of one attempt: 100 MiB at 60 kB/s. It also stops servers that send a byte a minute. */
const MAX_ATTEMPT_SECONDS = 1800;

interface Exchange {
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

/** @throws the errors of `fetch`; AnswerTooLarge; OfflineError */
export async function exchange(o: Exchange): Promise<RawAnswer> {
  mayConnect(o.url);
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

/** What it means that no answer came: whether the request went out, whether trying again can help, what to do. */
export interface NetworkFailure {
  failure: Failure;
  code: 'UNREACHABLE' | 'TLS_FAILED' | 'CONNECTION_LOST' | 'PROXY_UNAUTHORIZED' | 'ANSWER_TOO_LARGE';
  /** The end of a sentence that begins with the request. */
  what: string;
  hint: string;
  /** Node's or undici's own code and words. */
  detail: string;
}

/** Thrown while an answer is read that is longer than it may be. */
class AnswerTooLarge extends Error {}

const TLS = /^(ERR_SSL|ERR_TLS|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|UND_ERR_PRX_TLS|HOSTNAME_MISMATCH)/;
const PROXY_REFUSED = /^Proxy response \((\d+)\)/;

const LATER = 'Look at the network, then run the same again.';
const PORT_HINT = 'Look at the port in FIDDLER_URL: the Fetch standard ("port blocking") forbids it.';
const NETWORK_HINT = 'Look at FIDDLER_URL, at the network, and at HTTPS_PROXY and NO_PROXY.';
const PROXY_HINT = 'See HTTPS_PROXY and NO_PROXY: the proxy between here and Fiddler did not let it through.';
const PASSWORD_HINT = 'Put user and password into the address in HTTPS_PROXY: http://user:password@proxy.example:3128';
/** No connection can be made as things are set up. */
const NEVER: Failure = { kind: 'hopeless', sent: false };

type Told = Omit<NetworkFailure, 'detail'>;

/**
 * @param thrown by fetch, or while the body was read
 * @param started whether the request had begun to go out: then no code says that it did not arrive
 */
export function networkFailure(thrown: unknown, started: boolean): NetworkFailure {
  const inner = innermost(thrown);
  return { ...whatHappened(thrown, started, inner), detail: `${inner.code} ${inner.message}`.trim() };
}

function whatHappened(thrown: unknown, started: boolean, { code, message }: Inner): Told {
  if (thrown instanceof AnswerTooLarge) {
    const failure = { kind: 'hopeless', sent: true } as const;
    return { failure, code: 'ANSWER_TOO_LARGE', what: message, hint: 'Ask for less at a time.' };
  }
  if (message === 'bad port') {
    return { failure: NEVER, code: 'UNREACHABLE', what: 'no HTTP client may use that port', hint: PORT_HINT };
  }
  // The Fetch standard has an answer 407 made into an error without a word, which nothing else has.
  const wordless = thrown instanceof TypeError && code === '' && message === '';
  const proxy = wordless ? '407' : PROXY_REFUSED.exec(message)?.[1];
  if (proxy !== undefined) return refusedByProxy(Number(proxy));
  if (started) return { failure: { kind: 'lost' }, code: 'CONNECTION_LOST', what: lostText(code), hint: LATER };
  return TLS.test(code) ? tlsFailure(code) : unreachable(code);
}

function unreachable(code: string): Told {
  const unknownHost = code === 'ENOTFOUND' || code === 'EAI_AGAIN';
  const refused = code === 'ECONNREFUSED' ? 'nothing listens there' : 'no connection could be made';
  const what = unknownHost ? 'there is no host of that name' : refused;
  return { failure: { kind: 'unreachable' }, code: 'UNREACHABLE', what, hint: NETWORK_HINT };
}

function tlsFailure(code: string): Told {
  const plain = code.startsWith('ERR_SSL') || code === 'EPROTO';
  const hint = plain
    ? 'FIDDLER_URL says https, but what answers there does not speak TLS: look at its host and port.'
    : code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID'
      ? "Look at this machine's clock, or ask whoever runs the server for a new certificate."
      : 'If a certificate authority of your own signs it, name its file in NODE_EXTRA_CA_CERTS.';
  const what = plain ? 'no TLS connection could be made' : "the server's certificate is not trusted";
  return { failure: NEVER, code: 'TLS_FAILED', what: `${what} (${code})`, hint };
}

function refusedByProxy(status: number): Told {
  if (status === 407) {
    const what = 'the proxy wants a user and a password';
    return { failure: NEVER, code: 'PROXY_UNAUTHORIZED', what, hint: PASSWORD_HINT };
  }
  const what = `the proxy refused the connection with status ${status}`;
  return { failure: status >= 500 ? { kind: 'unreachable' } : NEVER, code: 'UNREACHABLE', what, hint: PROXY_HINT };
}

function lostText(code: string): string {
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT' || code === 'ATTEMPT_TIMEOUT') {
    return 'no answer came in time';
  }
  return code === '' ? 'the connection broke' : `the connection broke (${code})`;
}

interface Inner {
  code: string;
  message: string;
}

/** `fetch` wraps what happened in a TypeError "fetch failed". */
function innermost(thrown: unknown): Inner {
  let error: unknown = thrown;
  // Chains are two or three long; a cycle would be endless.
  for (let depth = 0; depth < 5 && error instanceof Error && error.cause instanceof Error; depth++) error = error.cause;
  if (!(error instanceof Error)) return { code: '', message: quoted(String(error)) };
  const { code } = error as NodeJS.ErrnoException;
  return { code: typeof code === 'string' ? code : '', message: error.message };
}
