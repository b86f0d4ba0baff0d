/** What the server does with every request: checks the token, answers errors, makes faults, counts traffic. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CodedError } from 'image-drift/base';
import type { Fault, FaultPlan } from '../faults.js';
import { ApiFailure, badRequest, failed, notOffered } from './envelope.js';

const LOCAL_HOSTS = new Set(['127.0.0.1', 'localhost']);

export function allowLocalHostsOnly(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
    if (!LOCAL_HOSTS.has(host)) throw new ApiFailure(403, 'Forbidden', 'This host name is not one of the emulator');
  });
}

export function demandToken(api: FastifyInstance, token: string): void {
  const expected = digest(token);
  api.addHook('onRequest', async (request) => {
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    // Digests have a fixed length, so the time of the comparison reveals nothing about the token.
    if (!timingSafeEqual(digest(given), expected)) {
      throw new ApiFailure(401, 'Unauthorized', 'Invalid or expired token');
    }
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** What Fiddler has at addresses that its official client, or its API description, names, and the emulator lacks. */
const LACKING: readonly { pattern: RegExp; what: string }[] = [
  { pattern: /^\/v3\/(models\/[^/]+\/)?segments\b/, what: 'segments' },
  { pattern: /^\/v3\/(models\/[^/]+\/)?custom-metrics\b/, what: 'custom metrics' },
  { pattern: /^\/v[23]\/webhooks\b/, what: 'webhooks' },
  { pattern: /^\/v3\/models\/[^/]+\/(deploy|download)-artifact\b/, what: 'model artifacts' },
  { pattern: /^\/v3\/models\/[^/]+\/deploy-surrogate\b/, what: 'surrogate models' },
  { pattern: /^\/v3\/(models\/[^/]+\/deployment|model-deployments)\b/, what: 'model deployments' },
  { pattern: /^\/v3\/(predict|explain)\b/, what: 'predictions and explanations' },
  { pattern: /^\/v3\/analytics\/([a-z]+-)?(feature-|predictions|explain)/, what: 'predictions and explanations' },
  { pattern: /^\/v3\/(charts|dashboards)\b/, what: 'saved charts and dashboards' },
  { pattern: /^\/v3\/dimensionality-reduction\b/, what: 'charts of embeddings' },
  { pattern: /^\/v[23]\/(users|roles|teams|invitations)\b/, what: 'users and roles' },
];

export function answerFailures(app: FastifyInstance): void {
  const patterns: { method: string; pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const pattern = new RegExp(`^${url.replace(/:[^/]+/g, '[^/]+')}$`);
    for (const each of [method].flat()) patterns.push({ method: each, pattern });
  });

  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const failure = failureOf(error);
    return reply.code(failure.status).send(failed(failure));
  });

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] as string;
    const lacking = LACKING.find(({ pattern }) => pattern.test(path));
    const known = patterns.some(({ pattern }) => pattern.test(path));
    const failure = lacking
      ? notOffered(lacking.what)
      : known
        ? new ApiFailure(405, 'MethodNotAllowed', `${request.method} is not possible here`)
        : new ApiFailure(404, 'ObjectNotFound', 'There is nothing under this address');
    return reply.code(failure.status).send(failed(failure));
  });
}

/** What the framework itself refuses, before any route or handler is known: an address that is not well formed. */
export function answerMalformed(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const failure = failureOf(error);
  reply.code(failure.status).send(failed(failure));
}

function failureOf(error: FastifyError): ApiFailure {
  if (error instanceof ApiFailure) return error;
  // What an uploaded file or its numbers are worth is told by the rooms that read them.
  if (error instanceof CodedError) return badRequest(error.message);
  const { statusCode = 500, message } = error;
  if (statusCode === 413) return new ApiFailure(413, 'PayloadTooLarge', message);
  if (statusCode >= 400 && statusCode < 500) return badRequest(message);
  return new ApiFailure(500, 'InternalServerError', `The emulator failed: ${message}`);
}

/** Whole seconds, the unit of the header. */
const RETRY_AFTER = '1';

const FAILURE = new ApiFailure(500, 'InternalServerError', 'A fault made on purpose by the emulator');
const TOO_MANY = new ApiFailure(429, 'TooManyRequests', 'Rate limit exceeded, made on purpose by the emulator');

export function injectFaults(api: FastifyInstance, plan: FaultPlan): void {
  const faultOf = new WeakMap<FastifyRequest, Fault>();

  api.addHook('preHandler', async (request, reply) => {
    const fault = plan.next();
    if (fault === null) return undefined;
    if (fault.name === 'slow') return void (await delay(fault.milliseconds));
    if (fault.after && fault.name !== '429') return void faultOf.set(request, fault);
    await drained(request);
    if (fault.name === 'reset') return cut(request, reply);
    const failure = fault.name === '429' ? TOO_MANY : FAILURE;
    if (failure === TOO_MANY) reply.header('retry-after', RETRY_AFTER);
    return reply.code(failure.status).send(failed(failure));
  });

  api.addHook('onSend', async (request, reply, payload) => {
    const fault = faultOf.get(request);
    if (fault === undefined) return payload;
    if (fault.name === 'reset') return void cut(request, reply);
    reply.code(FAILURE.status).type('application/json').removeHeader('content-length');
    return JSON.stringify(failed(FAILURE));
  });
}

/** Reads an upload to its end first. A client takes an answer in the middle of its upload for a cut connection. */
async function drained({ raw }: FastifyRequest): Promise<void> {
  if (raw.readableEnded || raw.destroyed) return;
  await new Promise<void>((resolve) => {
    raw.once('end', resolve).once('close', resolve).resume();
  });
}

function cut(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.resetAndDestroy();
  return reply;
}

/** Counts traffic on the wire by route: requests, and bytes with their headers. */
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
