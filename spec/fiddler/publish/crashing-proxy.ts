/** Between a publish and its server: tells the moments at which a crash hurts. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { collected, Middleman, sent } from './middleman.js';

interface ProxyHooks {
  /** The whole request is here, and goes on to the server when this resolves; with `false` it gets lost. */
  onPost?: () => Promise<boolean>;
  /** The server has answered with a 2xx, and the answer goes back when this resolves. */
  onAnswer?: () => Promise<unknown>;
}

export class CrashingProxy extends Middleman {
  hooks: ProxyHooks = {};

  protected async forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const publishes = incoming.method === 'POST' && incoming.url === '/v3/events';
    const body = await collected(incoming);
    if (publishes && (await this.hooks.onPost?.()) === false) return void outgoing.destroy();
    const { status, bytes, headers: given } = await sent(target, incoming, body);
    if (publishes && status < 300) await this.hooks.onAnswer?.();
    const headers = { ...given, connection: 'close' };
    delete headers['transfer-encoding'];
    outgoing.writeHead(status, { ...headers, 'content-length': bytes.byteLength });
    outgoing.end(bytes);
  }
}
