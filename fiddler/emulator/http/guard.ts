/**
 * Access control. The host name must be this machine's own, because a web page elsewhere can point its name to
 * 127.0.0.1. The API also requires the token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ApiFailure } from './api-failure.js';

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
