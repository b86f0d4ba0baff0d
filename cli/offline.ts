/** `--offline`: from here on a connection to anything but this machine is an error, whoever asks for it. */
import { Socket } from 'node:net';
import { CodedError } from '../base/index.js';

/** A loopback address; names are not looked up, which would already be a question to somebody else. */
const HERE = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3}|localhost)$/i;

class OfflineError extends CodedError {
  override readonly name = 'OfflineError';
}

let offline = false;

export function isOffline(): boolean {
  return offline;
}

/** Takes effect on all sockets of this thread: Node's `fetch`, undici and TLS connect through this one method. */
export function stayOffline(): void {
  offline = true;
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    const host = hostOf(args);
    if (host !== null && !HERE.test(host)) {
      const error = new OfflineError('OFFLINE', `a connection to ${host} was asked for, and --offline allows none`, {
        hint: 'Run it without --offline, or give it what it would fetch.',
      });
      // Ends the thread, and the process with it: a client would take it for a network that fails, and try again.
      process.nextTick(() => {
        throw error;
      });
      return this;
    }
    return Reflect.apply(connect, this, args) as Socket;
  } as typeof connect;
}

/** Null for a pipe or a socket of the file system. Node passes its arguments on as a list in a list. */
function hostOf(args: readonly unknown[]): string | null {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === 'object' && first !== null) {
    const { host, path } = first as { host?: unknown; path?: unknown };
    // Over TLS `path` is that of the request.
    return typeof host === 'string' ? host : typeof path === 'string' ? null : 'localhost';
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) return null;
  return typeof second === 'string' ? second : 'localhost';
}
