/** A refused request in Fiddler's terms: a status, a one-word reason, and one message for each problem. */
export type Reason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'ObjectNotFound'
  | 'MethodNotAllowed'
  | 'Conflict'
  | 'PayloadTooLarge'
  | 'TooManyRequests'
  | 'NotImplemented'
  | 'InternalServerError';

export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';

  /** @param details become the entries of `error.errors`; default: the message alone */
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

/** @param what the resource in Fiddler's terms: Project, Model, Environment, Baseline, Job, File */
export function notFound(what: string): ApiFailure {
  return new ApiFailure(404, 'ObjectNotFound', `${what} not found for the given identifier`);
}

export function conflict(what: string): ApiFailure {
  return new ApiFailure(409, 'Conflict', `${what} already exists`);
}

/** @param what Fiddler has, and the emulator has not: `segments` */
export function notOffered(what: string): ApiFailure {
  return new ApiFailure(501, 'NotImplemented', `The emulator has no ${what}`);
}
