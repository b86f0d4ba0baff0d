/** A server on the loopback that gives scripted answers in order, and remembers what it was asked. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { type Listening, listen } from '../../../support/listening.js';
import { fixtures } from '../../../support/places.js';

export interface Asked {
  method: string;
  path: string;
  /** Decoded, in order. */
  query: [string, string][];
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** Wrapped in Fiddler's envelope. */
  data?: unknown;
  /** Sent as it is. */
  body?: string | Uint8Array;
  /** Cuts the connection: before the answer, or in the middle of its body. */
  reset?: 'before' | 'within';
  silent?: boolean;
}

export type Script = (asked: Asked, index: number) => Answer;

export interface ScriptedServer extends Listening {
  asked: Asked[];
}

/** A certificate that nobody trusts by itself. */
export const certificate = join(fixtures, 'fiddler', 'tls-certificate.pem');

/** The last answer of a list is given again and again. @param scheme `https`: with the certificate */
export async function serve(script: Script | Answer[], scheme: 'http' | 'https' = 'http'): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const answerOf: Script = Array.isArray(script)
    ? (_asked, index) => script[Math.min(index, script.length - 1)] ?? {}
    : script;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://server');
    const one: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: [...url.searchParams],
      headers: request.headers,
      body: Buffer.concat(chunks),
    };
    asked.push(one);
    send(response, answerOf(one, asked.length - 1));
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch(() => response.destroy());
  };
  const tls = () => ({ key: readFileSync(join(fixtures, 'fiddler', 'tls-key.pem')), cert: readFileSync(certificate) });
  const server = scheme === 'https' ? createTlsServer(tls(), listener) : createServer(listener);
  return { asked, ...(await listen(server)) };
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer.silent) return;
  if (answer.reset === 'before') {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = answer.body ?? JSON.stringify({ api_version: '3.0', kind: 'NORMAL', data: answer.data ?? {} });
  const headers = { 'content-type': 'application/json', ...answer.headers };
  if (answer.reset === 'within') {
    response.writeHead(answer.status ?? 200, { ...headers, 'content-length': String(body.length + 10) });
    response.write(body, () => response.socket?.resetAndDestroy());
    return;
  }
  response.writeHead(answer.status ?? 200, headers).end(body);
}

/** Fiddler's own form of a refusal. */
export function refused(status: number, message = 'something', reason = 'Reason'): Answer {
  const error = { code: status, message, errors: [{ reason, message, help: '' }] };
  return { status, body: JSON.stringify({ api_version: '3.0', kind: 'ERROR', error }) };
}

export function page(items: unknown[], total = items.length, offset = 0): Answer {
  const pages = { page_size: 50, item_count: items.length, total, page_count: Math.ceil(total / 50) };
  return { data: { ...pages, page_index: offset / 50 + 1, offset, items } };
}

/** An address at which nothing listens (any more). */
export async function closedUrl(): Promise<string> {
  const server = await serve([]);
  await server.close();
  return server.url;
}
