/**
 * Stands between a publish and its server, and tells when a request that publishes has arrived and when its answer is
 * about to go back: the moments at which a crash hurts.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProxyHooks {
  /** The whole request is here, and goes on to the server when this resolves; with `false` it gets lost. */
  onPost?: () => Promise<boolean>;
  /** The server has answered with a 2xx, and the answer goes back when this resolves. */
  onAnswer?: () => Promise<unknown>;
}

export class CrashingProxy {
  hooks: ProxyHooks = {};

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(target: string): Promise<CrashingProxy> {
    const server = createServer((incoming, outgoing) => {
      void proxy.forward(target, incoming, outgoing).catch(() => outgoing.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new CrashingProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return proxy;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    outgoing.on('error', () => undefined);
    const publishes = incoming.method === 'POST' && incoming.url === '/v3/events';
    const body = await collected(incoming);
    if (publishes && (await this.hooks.onPost?.()) === false) return void outgoing.destroy();
    const answer = await sent(new URL(incoming.url ?? '/', target), incoming, body);
    const bytes = await collected(answer);
    if (publishes && (answer.statusCode ?? 500) < 300) await this.hooks.onAnswer?.();
    const headers = { ...answer.headers, connection: 'close' };
    delete headers['transfer-encoding'];
    outgoing.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': bytes.byteLength });
    outgoing.end(bytes);
  }
}

function sent(url: URL, incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { ...incoming.headers, host: url.host, 'content-length': body.byteLength, connection: 'close' };
    delete (headers as Record<string, unknown>)['transfer-encoding'];
    request(url, { method: incoming.method, headers, agent: false }, resolve).on('error', reject).end(body);
  });
}

async function collected(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
