/**
 * One GET of a file from a given byte on. Checks status, range and length, and passes on the body as it arrives.
 *
 * Range requests: RFC 9110, sections 13.1.5 (If-Range), 14.2 (Range) and 14.4 (Content-Range). It never retries.
 */
import type { Dispatcher, Response } from 'undici';
import { DownloadError } from './download-error.js';
import { parseRetryAfter } from './retry.js';

/** A try that ended early; another may succeed. */
export class Interruption extends Error {
  override readonly name = 'Interruption';

  constructor(
    message: string,
    readonly retryAfterMs: number | null = null,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** The bytes on disk are not the beginning of the server's file, or the server cannot tell. Download it all again. */
export class RangeRefused extends Interruption {}

export interface FileReply {
  /** Offset of the body's first byte: the requested one, or 0 if the server sends the whole file. */
  start: number;
  /** Length of the whole file; null if the server does not say. */
  total: number | null;
  /** Strong validator; null for none. */
  etag: string | null;
  body: AsyncIterable<Uint8Array>;
}

export interface FileRequest {
  url: string;
  /** First byte to fetch; 0 for the whole file. */
  from: number;
  etag: string | null;
  dispatcher: Dispatcher;
  signal?: AbortSignal | undefined;
}

/** Uses the proxies of the environment (`HTTPS_PROXY`, `NO_PROXY`), and gives up on a silent server. */
export async function proxyAwareDispatcher(silenceMs: number): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici');
  return new EnvHttpProxyAgent({
    connect: { timeout: Math.min(silenceMs, 10_000) },
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
  });
}

/**
 * @throws Interruption; DownloadError `DOWNLOAD_NOT_FOUND`, `DOWNLOAD_REFUSED`, `DOWNLOAD_CERTIFICATE`, `DOWNLOAD_URL`
 */
export async function requestFile(request: FileRequest): Promise<FileReply> {
  const response = await send(request);
  await checkStatus(response, request);
  const etag = response.headers.get('etag');
  return {
    ...(response.status === 206 ? partOf(response, request) : wholeOf(response)),
    etag: etag?.startsWith('"') ? etag : null,
    body: chunks(response),
  };
}

async function send({ url, from, etag, dispatcher, signal }: FileRequest): Promise<Response> {
  // Offsets count bytes as sent. In a compressed body they would not be offsets in the file.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (from > 0) headers['range'] = `bytes=${from}-`;
  if (from > 0 && etag !== null) headers['if-range'] = etag;
  const { fetch } = await import('undici');
  try {
    return await fetch(url, { headers, dispatcher, signal: signal ?? null });
  } catch (error) {
    signal?.throwIfAborted();
    throw connectionError(error, url);
  }
}

async function* chunks(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  if (response.body === null) return;
  try {
    for await (const chunk of response.body) yield chunk as Uint8Array;
  } catch (error) {
    throw new Interruption(reasonOf(error), null, { cause: error });
  }
}

async function checkStatus(response: Response, { url, from }: FileRequest): Promise<void> {
  const { status, statusText } = response;
  if (status === 200 || status === 206) return;
  await response.body?.cancel().catch(() => {});
  const answer = `the server answers ${status}${statusText ? ` ${statusText}` : ''}`;
  if (status === 416 && from > 0) throw new RangeRefused(answer);
  if (status === 429 || status === 408 || status >= 500) {
    throw new Interruption(answer, parseRetryAfter(response.headers.get('retry-after'), Date.now()));
  }
  if (status === 404 || status === 410) {
    throw new DownloadError('DOWNLOAD_NOT_FOUND', `${url}: ${answer}`, {
      hint: 'The file has moved; get it by hand and give its place with --data or --weights.',
    });
  }
  throw new DownloadError('DOWNLOAD_REFUSED', `${url}: ${answer}`, {
    hint: 'A proxy may stand in between (HTTPS_PROXY, NO_PROXY); or get the file by hand: --data, --weights.',
    mayRetry: true,
  });
}

function wholeOf(response: Response): Pick<FileReply, 'start' | 'total'> {
  const length = response.headers.get('content-length');
  const isEncoded = (response.headers.get('content-encoding') ?? 'identity') !== 'identity';
  return { start: 0, total: length === null || isEncoded ? null : Number(length) };
}

function partOf(response: Response, { from }: FileRequest): Pick<FileReply, 'start' | 'total'> {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (match === null || Number(match[1]) !== from)
    throw new RangeRefused('the server answers with other bytes than those asked for');
  return { start: from, total: match[2] === '*' ? null : Number(match[2]) };
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)/;

function connectionError(error: unknown, url: string): Error {
  const code = codeOf(error);
  if (code === 'ERR_INVALID_URL' || (error as Error).message === 'unknown scheme') {
    return new DownloadError('DOWNLOAD_URL', `${url}: is not an address of a web server`, { cause: error });
  }
  if (CERTIFICATE.test(code)) {
    return new DownloadError('DOWNLOAD_CERTIFICATE', `${url}: the server's certificate is not trusted (${code})`, {
      hint: 'Where a company proxy signs anew, name its certificate file in NODE_EXTRA_CA_CERTS.',
      mayRetry: true,
      cause: error,
    });
  }
  return new Interruption(reasonOf(error), null, { cause: error });
}

/** undici wraps the cause: `TypeError: fetch failed` caused by `Error: connect ECONNREFUSED`. */
function innermost(error: unknown): Error {
  let inner = error as Error & { errors?: unknown[] };
  for (let depth = 0; depth < 8; depth++) {
    const next = inner.errors?.[0] ?? inner.cause;
    if (!(next instanceof Error)) break;
    inner = next;
  }
  return inner;
}

function codeOf(error: unknown): string {
  return String((innermost(error) as NodeJS.ErrnoException).code ?? '');
}

function reasonOf(error: unknown): string {
  const { message } = innermost(error);
  const code = codeOf(error);
  return code === '' || message.includes(code) ? message : `${message} (${code})`;
}
