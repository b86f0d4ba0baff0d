/** What was asked for, counted on the wire: requests, and bytes with their headers, by route. */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface RouteTraffic {
  requests: number;
  bytesIn: number;
  bytesOut: number;
}

export interface Traffic extends RouteTraffic {
  /** By method and pattern, `POST /v3/events`. */
  byRoute: Record<string, RouteTraffic>;
}

export class TrafficCounter {
  private readonly byRoute = new Map<string, RouteTraffic>();
  /** How much of each connection is counted already. */
  private readonly counted = new WeakMap<Socket, { read: number; written: number }>();

  /** Counts every request of the instance, those that were refused too. */
  observe(app: FastifyInstance): void {
    app.addHook('onRequest', async (request, reply) => {
      const route = `${request.method} ${request.routeOptions.url ?? '(unknown)'}`;
      const { socket } = request.raw;
      // Whether the answer was sent or the connection cut.
      reply.raw.once('close', () => this.add(route, socket));
    });
  }

  total(): Traffic {
    const all: Traffic = { requests: 0, bytesIn: 0, bytesOut: 0, byRoute: {} };
    for (const [route, traffic] of [...this.byRoute].sort(([a], [b]) => (a < b ? -1 : 1))) {
      all.byRoute[route] = { ...traffic };
      all.requests += traffic.requests;
      all.bytesIn += traffic.bytesIn;
      all.bytesOut += traffic.bytesOut;
    }
    return all;
  }

  private add(route: string, socket: Socket): void {
    const before = this.counted.get(socket) ?? { read: 0, written: 0 };
    const now = { read: socket.bytesRead, written: socket.bytesWritten };
    this.counted.set(socket, now);
    const traffic = this.byRoute.get(route) ?? { requests: 0, bytesIn: 0, bytesOut: 0 };
    traffic.requests++;
    traffic.bytesIn += now.read - before.read;
    traffic.bytesOut += now.written - before.written;
    this.byRoute.set(route, traffic);
  }
}
