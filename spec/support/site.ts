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
  | { status: number; headers?: Record<string, string>; body?: string }
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
  /** For https: a certificate and its key, PEM. */
  tls?: { cert: string; key: string };
}

export async function serveSite(
  files: Readonly<Record<string, Buffer>>,
  { fault = () => null, tls }: SiteOptions = {},
): Promise<Site> {
  const all = new Map(Object.entries(files));
  const seen: SiteRequest[] = [];
  const listener: RequestListener = (request, response) => {
    const one = { path: request.url as string, headers: request.headers };
    const kind = fault(one, seen.push(one) - 1);
    const content = all.get(decodeURIComponent(one.path.slice(1).split('?')[0]!));
    if (kind !== null && typeof kind === 'object' && 'status' in kind) {
      response.writeHead(kind.status, kind.headers).end(kind.body);
    } else if (content === undefined) response.writeHead(404).end('no such file');
    else answer(content, kind, request, response);
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  const { url, close } = await listen(server);
  return { url: `${url}/`, files: all, seen, close };
}

function answer(content: Buffer, fault: SiteFault, request: IncomingMessage, response: ServerResponse): void {
  if (fault === 'unavailable') return void response.writeHead(503).end();
  const etag = typeof fault === 'object' && fault !== null && 'etag' in fault ? fault.etag : etagOf(content);
  const headers: Record<string, string | number> = fault === 'no version' ? {} : { etag };
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end();
  const part = fault === 'no ranges' || fault === 'no length' ? null : wanted(request, content, etag);
  if (part === 'none') {
    return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
  }
  const [from, to] = part ?? [0, content.length];
  const body = content.subarray(from, to);
  if (part !== null)
    headers['content-range'] = `bytes ${fault === 'wrong range' ? from + 1 : from}-${to - 1}/${content.length}`;
  if (fault !== 'no length') headers['content-length'] = body.length;
  const status = part === null ? 200 : 206;
  if (fault === 'cut') {
    response.writeHead(status, headers).write(body.subarray(0, body.length >> 1), () => {
      setTimeout(() => response.destroy(), 5);
    });
  } else if (fault === 'short') {
    response
      .writeHead(status, { ...headers, 'content-length': body.length >> 1 })
      .end(body.subarray(0, body.length >> 1));
  } else if (fault === 'long') {
    response
      .writeHead(status, { ...headers, 'content-length': body.length + 7 })
      .end(Buffer.concat([body, Buffer.alloc(7)]));
  } else if (fault === 'slow') {
    response.writeHead(status, headers);
    response.write(body.subarray(0, 1));
    setTimeout(() => response.end(body.subarray(1)), 20);
  } else response.writeHead(status, headers).end(body);
}

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
