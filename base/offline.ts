/**
 * Whether this thread may connect to other machines. The command line says so once in each thread (`--offline`), and
 * whatever opens a connection asks here first: `spec/walls.spec.ts` knows which files those are.
 */
import { CodedError } from './coded-error.js';

/** The names of this machine; others are not looked up, which would already be a question to somebody else. */
const HERE = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?|\[?::ffff:(127(\.\d{1,3}){3}|7f[0-9a-f]{2}:[0-9a-f]{1,4})\]?)$/i;

/** @param hostname as `URL` has it */
export function isThisMachine(hostname: string): boolean {
  return HERE.test(hostname);
}

/** It has a class of its own: what goes on without a file that is not there does not go on here. */
export class OfflineError extends CodedError {
  override readonly name = 'OfflineError';

  constructor(host: string, hint = 'Run it without --offline, or give it what it would fetch.') {
    super('OFFLINE', `a connection to ${host} was asked for, and --offline allows none`, { hint });
  }
}

let offline = false;
let refused: OfflineError | null = null;

export function isOffline(): boolean {
  return offline;
}

export function setOffline(value: boolean): void {
  offline = value;
  refused = null;
}

/**
 * Asked before a request is begun, so that nothing takes the refusal for a network that fails, and tries again.
 * @param url what is no URL leads nowhere @throws OfflineError
 */
export function mayConnect(url: string): void {
  if (!offline || !URL.canParse(url)) return;
  const { hostname } = new URL(url);
  if (!isThisMachine(hostname)) refuseConnection(hostname);
}

/** For what would ask somebody whose address is not known here. */
export function refuseConnection(to: string, hint?: string): never {
  const error = new OfflineError(to, hint);
  refused ??= error;
  throw error;
}

/** A refusal is an error of the whole command, even if something went on after it. @throws OfflineError */
export function throwRefused(): void {
  if (refused !== null) throw refused;
}
