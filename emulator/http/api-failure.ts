/** A request that is refused, as Fiddler words it: a status, a reason in one word, one message a thing that is wrong. */
export type Reason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'ObjectNotFound'
  | 'MethodNotAllowed'
  | 'Conflict'
  | 'PayloadTooLarge'
  | 'TooManyRequests'
  | 'InternalServerError';

export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';

  /** @param details one entry of `error.errors` each; the message itself where there is none */
  constructor(
    readonly status: number,
    readonly reason: Reason,
    message: string,
    readonly details: readonly string[] = [message],
  ) {
    super(message);
  }
}

export function badRequest(message: string, details?: readonly string[]): ApiFailure {
  return new ApiFailure(400, 'BadRequest', message, details);
}

/** @param what as Fiddler names it: Project, Model, Environment, Baseline, Job, File */
export function notFound(what: string): ApiFailure {
  return new ApiFailure(404, 'ObjectNotFound', `${what} not found for the given identifier`);
}

export function conflict(what: string): ApiFailure {
  return new ApiFailure(409, 'Conflict', `${what} already exists`);
}
