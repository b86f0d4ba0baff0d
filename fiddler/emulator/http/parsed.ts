/** Checks a body or a query against its schema. All problems become one 400 that lists them. */
import { z } from 'zod';
import { badRequest } from './api-failure.js';

/** A request of a thousand events can repeat one mistake a thousand times. */
const MAX_LISTED = 20;

/** @throws ApiFailure 400 */
export function parsed<T extends z.ZodType>(schema: T, value: unknown, what = 'body'): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = result.error.issues
    .slice(0, MAX_LISTED)
    .map(({ path, message }) => `${path.length > 0 ? path.map(String).join('.') : what}: ${message}`);
  throw badRequest(`Request validation failed: ${details[0]}`, details);
}

/** Largest page; Fiddler's client asks for 50. */
const MAX_PAGE = 1_000;

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
  offset: z.coerce.number().int().min(0).default(0),
  filter: z.string().optional(),
  ordering: z.string().optional(),
});

/** Any text is accepted as an id. Routes answer 404 for an id that is not a UUID, as for any unknown id. */
export const IdParams = z.object({ id: z.string() });
