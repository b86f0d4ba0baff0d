/** A web server of several files, on the loopback address, that fails as servers and networks do. It supports ranges. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { listen } from './listening.js';

export type SiteFault =
  /** The connection ends within the body. */
  | 'cut'
  /** An error that passes. */
  | 'unavailable'
  /** The body comes in pieces, with pauses. */
  | 'slow'
  /** Half of the body, which says that it is all. */
  | 'short'
  /** More bytes than were asked for. */
  | 'long'
  /** The whole file, whatever part was asked for. */
  | 'no ranges'
  /** As before, and the length is not said. */
  | 'no length'
  /** A part from another place than was asked for. */
  | 'wrong range'
  /** An answer without validators. */
  | 'no version'
  /** No answer at all. */
  | 'silence'
  | { status?: number; headers?: Record<string, string>; body: string | Buffer }
  | { status: number; headers?: Record<string, string> }
  /** The connection ends after so many bytes of the body, or of the whole file. */
  | { cutAfter: number; ignoreRange?: boolean }
  | { etag: string }
  | null;

export interface SiteRequest {
  path: string;
  headers: IncomingMessage['headers'];
}

export interface Site {
  /** Ends with a slash. */
  url: string;
  files: Map<string, Buffer>;
  seen: SiteRequest[];
  close(): Promise<void>;
}

export interface SiteOptions {
  /** The fault of a request, by its number from 0 on. */
  fault?: (request: SiteRequest, number: number) => SiteFault;
  /** What every path gives, whatever the files. */
  every?: Buffer;
  /** For https: a certificate and its key, PEM. */
  tls?: { cert: string; key: string };
}

export async function serveSite(
  files: Readonly<Record<string, Buffer>>,
  { fault = () => null, tls, every }: SiteOptions = {},
): Promise<Site> {
  const all = new Map(Object.entries(files));
  const seen: SiteRequest[] = [];
  const listener: RequestListener = (request, response) => {
    const one = { path: request.url as string, headers: request.headers };
    const kind = fault(one, seen.push(one) - 1);
    const content = every ?? all.get(decodeURIComponent(one.path.slice(1).split('?')[0]!));
    if (kind === 'silence') return;
    if (has(kind, 'status') || has(kind, 'body')) answerInstead(kind, response);
    else if (content === undefined) response.writeHead(404).end('no such file');
    else answer(content, kind, request, response);
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  const { url, close } = await listen(server);
  return { url: `${url}/`, files: all, seen, close };
}

function has<K extends string>(fault: SiteFault, key: K): fault is Extract<SiteFault, { [key in K]?: unknown }> {
  return typeof fault === 'object' && fault !== null && key in fault;
}

type Instead = Extract<SiteFault, { status?: number }>;

function answerInstead(instead: Instead, response: ServerResponse): void {
  const { status = 200, headers } = instead;
  const body = 'body' in instead ? instead.body : '';
  const isChunked = headers?.['transfer-encoding'] !== undefined;
  const length = { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, isChunked ? headers : { ...length, ...headers }).end(body);
}

function answer(content: Buffer, fault: SiteFault, request: IncomingMessage, response: ServerResponse): void {
  if (fault === 'unavailable') return void response.writeHead(503).end();
  const etag = has(fault, 'etag') ? fault.etag : etagOf(content);
  const headers: Record<string, string | number> = fault === 'no version' ? {} : { etag };
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end();
  const isWhole = fault === 'no ranges' || fault === 'no length' || (has(fault, 'cutAfter') && fault.ignoreRange);
  const part = isWhole ? null : wanted(request, content, etag);
  if (part === 'none') {
    return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
  }
  const [from, to] = part ?? [0, content.length];
  const body = content.subarray(from, to);
  if (part !== null)
    headers['content-range'] = `bytes ${fault === 'wrong range' ? from + 1 : from}-${to - 1}/${content.length}`;
  if (fault !== 'no length') headers['content-length'] = body.length;
  const status = part === null ? 200 : 206;
  const half = body.subarray(0, body.length >> 1);
  if (fault === 'cut' || has(fault, 'cutAfter')) {
    const sent = fault === 'cut' ? half : body.subarray(0, fault.cutAfter);
    response.writeHead(status, headers).write(sent, () => setTimeout(() => response.destroy(), CUT_MS));
  } else if (fault === 'short') {
    response.writeHead(status, { ...headers, 'content-length': half.length }).end(half);
  } else if (fault === 'long') {
    const more = Buffer.concat([body, Buffer.alloc(7)]);
    response.writeHead(status, { ...headers, 'content-length': more.length }).end(more);
  } else if (fault === 'slow') {
    response.writeHead(status, headers);
    response.write(body.subarray(0, 1));
    setTimeout(() => response.end(body.subarray(1)), 20);
  } else response.writeHead(status, headers).end(body);
}

/** What was written is on its way before the connection ends. */
const CUT_MS = 30;

function etagOf(content: Buffer): string {
  return `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
}

/** The part that is asked for, from and to; null for all of it, `none` for one that is not there. */
function wanted({ headers }: IncomingMessage, content: Buffer, etag: string): [number, number] | 'none' | null {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (from === undefined || (headers['if-range'] ?? etag) !== etag) return null;
  if (Number(from) >= content.length) return 'none';
  return [Number(from), to === '' ? content.length : Math.min(content.length, Number(to) + 1)];
}

export interface FileServer extends Pick<Site, 'close'> {
  url: string;
  seen: { path: string; range: string | null; ifRange: string | null }[];
  /** Faults of the coming requests, in order. */
  faults: SiteFault[];
}

/** A server whose every path is one file. */
export async function serveFile(content: Buffer, name = 'file.bin'): Promise<FileServer> {
  const seen: FileServer['seen'] = [];
  const faults: SiteFault[] = [];
  const fault = ({ path, headers }: SiteRequest) => {
    const { range = null, 'if-range': ifRange = null } = headers;
    seen.push({ path, range, ifRange: ifRange as string | null });
    return faults.shift() ?? null;
  };
  const { url, close } = await serveSite({}, { fault, every: content });
  return { url: url + name, seen, faults, close };
}
