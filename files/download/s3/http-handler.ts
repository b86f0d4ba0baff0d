/** Sends the requests of the AWS SDK as all others are sent: by the proxies of the environment, and never in silence. */
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';

/** A request as the SDK has built and signed it. */
interface HttpRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  /** Escaped. */
  path: string;
  query: Record<string, string | readonly string[] | null>;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

interface HttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: Readable;
}

/** What the SDK's clients take as `requestHandler`. */
export interface HttpHandler {
  metadata: { handlerProtocol: string };
  handle(request: HttpRequest, options?: { abortSignal?: AbortSignal }): Promise<{ response: HttpResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): object;
  destroy(): void;
}

/** The dispatcher is closed by whoever made it. */
export function httpHandler(dispatcher: Dispatcher): HttpHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request, { abortSignal } = {}) {
      const { protocol, hostname, port, method, headers, body } = request;
      const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
      const { statusCode, ...reply } = await dispatcher.request({
        origin: `${protocol}//${host}${port === undefined ? '' : `:${port}`}`,
        path: request.path + queryOf(request),
        method: method as Dispatcher.HttpMethod,
        headers: withoutExpect(headers),
        body: body ?? null,
        signal: abortSignal ?? null,
      });
      const flat = Object.entries(reply.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
      return { response: { statusCode, headers: Object.fromEntries(flat), body: reply.body } };
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  };
}

/** The SDK asks to wait for a `100 Continue` before a long body, which undici does not know. It is not signed. */
function withoutExpect(headers: HttpRequest['headers']): HttpRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'expect'));
}

function queryOf({ query }: HttpRequest): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => encoded(name) + (value === null ? '' : `=${encoded(value)}`)),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** As AWS signs it: RFC 3986, which leaves fewer characters than `encodeURIComponent` does. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
