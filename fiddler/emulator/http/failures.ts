/** Whatever goes wrong, an envelope of Fiddler's: the client's fault a 4xx, ours a 500, and the server lives on. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CodedError } from 'image-drift/base';
import { ApiFailure, badRequest, notOffered } from './api-failure.js';
import { failed } from './envelope.js';

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
