/** Counts traffic on the wire by route: requests, and bytes with their headers. */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface RouteTraffic {
  requests: number;
  bytesIn: number;
  bytesOut: number;
}

export interface Traffic extends RouteTraffic {
  /** Keys are method and pattern: `POST /v3/events`. */
  byRoute: Record<string, RouteTraffic>;
}

export class TrafficCounter {
  readonly #byRoute = new Map<string, RouteTraffic>();
  /** Bytes of each connection that are already counted. */
  readonly #counted = new WeakMap<Socket, { read: number; written: number }>();

  /** Counts every request of the instance, including refused requests. */
  observe(app: FastifyInstance): void {
    app.addHook('onRequest', async (request, reply) => {
      const route = `${request.method} ${request.routeOptions.url ?? '(unknown)'}`;
      const { socket } = request.raw;
      // `close` comes after an answer and after a cut connection.
      reply.raw.once('close', () => this.#add(route, socket));
    });
  }

  total(): Traffic {
    const all: Traffic = { requests: 0, bytesIn: 0, bytesOut: 0, byRoute: {} };
    for (const [route, traffic] of [...this.#byRoute].sort(([a], [b]) => (a < b ? -1 : 1))) {
      all.byRoute[route] = { ...traffic };
      all.requests += traffic.requests;
      all.bytesIn += traffic.bytesIn;
      all.bytesOut += traffic.bytesOut;
    }
    return all;
  }

  #add(route: string, socket: Socket): void {
    const before = this.#counted.get(socket) ?? { read: 0, written: 0 };
    const now = { read: socket.bytesRead, written: socket.bytesWritten };
    this.#counted.set(socket, now);
    const traffic = this.#byRoute.get(route) ?? { requests: 0, bytesIn: 0, bytesOut: 0 };
    traffic.requests++;
    traffic.bytesIn += now.read - before.read;
    traffic.bytesOut += now.written - before.written;
    this.#byRoute.set(route, traffic);
  }
}
