/** Between a publish and its server: each request goes through `forward`. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type Listening, listen } from '../../support/listening.js';

export abstract class Middleman {
  #listening: Listening | null = null;

  /** @param target the server's URL */
  async start(target: string): Promise<this> {
    const server = createServer((incoming, outgoing) => {
      outgoing.on('error', () => undefined);
      void this.forward(target, incoming, outgoing).catch(() => outgoing.destroy());
    });
    this.#listening = await listen(server);
    return this;
  }

  get url(): string {
    return this.#listening!.url;
  }

  close(): Promise<void> {
    return this.#listening!.close();
  }

  protected abstract forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>;
}

export async function sent(target: string, incoming: IncomingMessage, body: Buffer) {
  const url = new URL(incoming.url ?? '/', target);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { ...incoming.headers, host: url.host, 'content-length': body.byteLength, connection: 'close' };
    delete (headers as Record<string, unknown>)['transfer-encoding'];
    request(url, { method: incoming.method, headers, agent: false }, resolve).on('error', reject).end(body);
  });
  return { status: answer.statusCode ?? 502, headers: answer.headers, bytes: await collected(answer) };
}

export async function collected(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
