/**
 * One GET of a file or of a part of it, without retries: RFC 9110, sections 13.1.5 (If-Range), 14.2 (Range) and 14.4
 * (Content-Range). Checks status, range and length.
 */
import type { Dispatcher, Response } from 'undici';
import { hasPassword, publicUrl, shown } from '../../base/index.js';
import { retryAfterSeconds } from '../index.js';
import { type Connections, PRIVATE_ADDRESS, privateAddress } from './connections.js';
import { DownloadError } from './download-error.js';

/** A try that ended early; another may succeed. */
export class Interruption extends Error {
  override readonly name = 'Interruption';

  constructor(
    message: string,
    /** Seconds that the server asks for; null if it does not. */
    readonly retryAfter: number | null = null,
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
  /** What changes when the file does: its validator, strong or weak, else when it was changed; null for neither. */
  version: string | null;
  isPart: boolean;
  /** Whether the file is of the version that the request has: then there is no body. */
  isUnchanged: boolean;
  body: AsyncIterable<Uint8Array>;
}

/** Ends a body that nobody reads. */
export async function leave({ body }: FileReply): Promise<void> {
  const chunks = body[Symbol.asyncIterator]();
  try {
    // One that has not begun would not end the connection.
    await chunks.next();
    await chunks.return?.();
  } catch {
    // It has ended by itself.
  }
}

/** Another text when a file has changed: its length and its version; null where the server has no versions. */
export function versionStamp(bytes: number, version: string | null): string | null {
  return version === null ? null : `${bytes} bytes, ${version}`;
}

export interface PartRequest {
  url: string;
  from: number;
  /** End of the part, exclusive. Default: the end of the file. */
  to?: number | undefined;
  /** Asks for the whole file as a part, so that the server says how long it is beside how much it sends. */
  isPart?: boolean | undefined;
  /** The part is wanted only of the file with this strong validator, else the whole of the new one. */
  etag?: string | null | undefined;
  /** No body is wanted if the file still is of this version. */
  unless?: string | null | undefined;
  /** Sent beside those of this module. `authorization` is not sent to another server that `url` redirects to. */
  headers?: Readonly<Record<string, string>> | undefined;
  signal?: AbortSignal | undefined;
}

interface FileRequest extends PartRequest {
  connections: Connections;
  /** Refuse addresses of this machine and of private networks, since somebody else has named this one. */
  publicOnly?: boolean | undefined;
}

/**
 * @throws Interruption; DownloadError `DOWNLOAD_NOT_FOUND`, `DOWNLOAD_REFUSED`, `DOWNLOAD_CERTIFICATE`, `DOWNLOAD_URL`,
 *   `DOWNLOAD_REDIRECTS`, `DOWNLOAD_PRIVATE`
 */
export async function requestFile(request: FileRequest): Promise<FileReply> {
  const response = await send(request);
  const { headers } = response;
  const etag = headers.get('etag');
  const said = {
    etag: etag?.startsWith('"') ? etag : null,
    version: etag ?? headers.get('last-modified'),
    isPart: response.status === 206,
    isUnchanged: response.status === 304 && request.unless != null,
  };
  if (isEmptyFile(response, request) || said.isUnchanged) {
    await response.body?.cancel().catch(() => {});
    return { ...said, start: 0, total: said.isUnchanged ? null : 0, body: noBytes() };
  }
  await checkStatus(response, request);
  return { ...said, ...(said.isPart ? partOf(response, request) : wholeOf(response)), body: chunksOf(response.body) };
}

/** A server has no first bytes of a file without any. */
function isEmptyFile({ status, headers }: Response, { from }: FileRequest): boolean {
  return status === 416 && from === 0 && /^bytes \*\/0$/.test(headers.get('content-range') ?? '');
}

export async function* noBytes(): AsyncGenerator<Uint8Array, void, undefined> {}

/** As many as browsers follow. */
const MOST_REDIRECTS = 20;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Redirects never lead from public to private addresses, and pass on neither a query nor a referrer. */
async function send(request: FileRequest): Promise<Response> {
  const { connections } = request;
  let { url, headers, publicOnly = false } = request;
  if (hasPassword(url)) {
    throw new DownloadError('DOWNLOAD_URL', `${publicUrl(url)}: the address has a user or a password in it`, {
      hint: 'They would end up in the events. Sign the address (a presigned URL), or use a proxy that signs in.',
    });
  }
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const dispatcher = connections.to(url, publicOnly, request.url);
    const response = await sendTo(url, { ...request, headers, dispatcher });
    if (!REDIRECTS.includes(response.status)) return response;
    await response.body?.cancel().catch(() => {});
    const next = redirected(url, response.headers.get('location'), request.url);
    publicOnly ||= connections.isPublic(url);
    if (new URL(next).origin !== new URL(url).origin) headers = withoutAuthorization(headers);
    url = next;
  }
  const message = `${publicUrl(request.url)}: redirected more than ${MOST_REDIRECTS} times`;
  throw new DownloadError('DOWNLOAD_REDIRECTS', message);
}

function withoutAuthorization(headers: FileRequest['headers']): FileRequest['headers'] {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() !== 'authorization'));
}

/**
 * The address that a redirect leads to; `first` is the one that was asked for.
 * @throws DownloadError `DOWNLOAD_REDIRECTS` for one that is not followed: from https to http, or not of the web
 */
export function redirected(from: string, location: string | null, first: string): string {
  const to = location !== null && URL.canParse(location, from) ? new URL(location, from) : null;
  const isWeb = to?.protocol === 'https:' || (to?.protocol === 'http:' && new URL(from).protocol === 'http:');
  if (to !== null && isWeb && !hasPassword(to.href)) return to.href;
  const where = to === null ? 'nowhere' : `${to.protocol}//${to.host}`;
  throw new DownloadError('DOWNLOAD_REDIRECTS', `${publicUrl(first)}: redirected to ${where}, which is not followed`);
}

async function sendTo(
  url: string,
  {
    url: first,
    from,
    to,
    isPart = false,
    etag = null,
    unless = null,
    headers: given,
    dispatcher,
    signal,
  }: PartRequest & { dispatcher: Dispatcher },
): Promise<Response> {
  // Offsets count bytes as sent. In a compressed body they would not be offsets in the file.
  const headers: Record<string, string> = { ...given, 'accept-encoding': 'identity' };
  if (from > 0 || to !== undefined || isPart) headers['range'] = `bytes=${from}-${to === undefined ? '' : to - 1}`;
  if (from > 0 && etag !== null) headers['if-range'] = etag;
  if (unless !== null) headers[isEtag(unless) ? 'if-none-match' : 'if-modified-since'] = unless;
  const { fetch } = await import('undici');
  try {
    return await fetch(url, { headers, dispatcher, signal: signal ?? null, redirect: 'manual' });
  } catch (error) {
    signal?.throwIfAborted();
    if (codeOf(error) === PRIVATE_ADDRESS) throw privateAddress(url, first);
    throw connectionError(error, first);
  }
}

function isEtag(version: string): boolean {
  return /^(W\/)?"/.test(version);
}

/** A body as it comes; one that is cut is an interruption. */
export async function* chunksOf(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw new Interruption(reasonOf(error), null, { cause: error });
  }
}

async function checkStatus(response: Response, { url, from }: FileRequest): Promise<void> {
  const { status, statusText } = response;
  if (status === 200 || status === 206) return;
  await response.body?.cancel().catch(() => {});
  throw refusedStatus(url, status, statusText, from, response.headers.get('retry-after'));
}

export function refusedStatus(
  url: string,
  status: number,
  statusText: string,
  from: number,
  retryAfter: string | null,
): Interruption | DownloadError {
  const answer = `the server answers ${status}${statusText ? ` ${shown(statusText)}` : ''}`;
  if (status === 416 && from > 0) return new RangeRefused(answer);
  if (status === 429 || status === 408 || status >= 500) {
    return new Interruption(answer, retryAfterSeconds(retryAfter));
  }
  const message = `${publicUrl(url)}: ${answer}`;
  if (status === 404 || status === 410) return new DownloadError('DOWNLOAD_NOT_FOUND', message);
  return new DownloadError('DOWNLOAD_REFUSED', message, {
    hint: 'The address may need a signature, or a proxy may stand in between (HTTPS_PROXY, NO_PROXY).',
    mayRetry: true,
  });
}

function wholeOf(response: Response): Pick<FileReply, 'start' | 'total'> {
  const length = response.headers.get('content-length');
  return { start: 0, total: length === null || isEncoded(response) ? null : Number(length) };
}

function isEncoded({ headers }: Response): boolean {
  return (headers.get('content-encoding') ?? 'identity') !== 'identity';
}

function partOf(response: Response, { from }: FileRequest): Pick<FileReply, 'start' | 'total'> {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const total = Number(match?.[2] ?? Number.NaN);
  const isSane = match !== null && (match[2] === '*' || Number.isSafeInteger(total)) && !isEncoded(response);
  if (!isSane || Number(match[1]) !== from) {
    void response.body?.cancel().catch(() => {});
    throw new RangeRefused('the server answers with other bytes than those asked for');
  }
  return { start: from, total: match[2] === '*' ? null : total };
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)/;

export function connectionError(error: unknown, url: string): Error {
  const code = codeOf(error);
  if (code === 'ERR_INVALID_URL' || (error as Error).message === 'unknown scheme') {
    return new DownloadError('DOWNLOAD_URL', `${publicUrl(url)}: is not an address of a web server`, { cause: error });
  }
  if (CERTIFICATE.test(code)) {
    return new DownloadError(
      'DOWNLOAD_CERTIFICATE',
      `${publicUrl(url)}: the server's certificate is not trusted (${code})`,
      {
        hint: 'Where a company proxy signs anew, name its certificate file in NODE_EXTRA_CA_CERTS.',
        mayRetry: true,
        cause: error,
      },
    );
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

export function reasonOf(error: unknown): string {
  const { message } = innermost(error);
  const code = codeOf(error);
  return code === '' || message.includes(code) ? message : `${message} (${code})`;
}
