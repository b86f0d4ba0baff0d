import { createRequire } from 'node:module';
import type { Dispatcher } from 'undici';
import { isThisMachine } from '../../base/index.js';
import { FiddlerError } from './fiddler-error.js';

const HINT = 'Set FIDDLER_URL to the address of your Fiddler, for example https://your-company.fiddler.ai';

/**
 * The address without its trailing slash; a path is kept, for Fiddlers behind a prefix. Unless `insecureHttp`, plain
 * `http://` goes to this machine alone: everyone between could read the token.
 * @throws FiddlerError `URL_MISSING`; `URL_INVALID`: not http(s), a user or password in it, a query; `URL_INSECURE`
 */
export function parseServerUrl(text: string | undefined, insecureHttp = false): string {
  if (text === undefined || text.trim() === '') {
    const hint = `${HINT}; or try everything against a local one: image-drift emulator`;
    throw new FiddlerError('URL_MISSING', 'no address of a Fiddler: FIDDLER_URL is not set', { hint, permanent: true });
  }
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalid('it must begin with https:// (or http://)');
  if (url.username !== '' || url.password !== '') throw invalid('it has a user or a password in it');
  if (url.search !== '' || url.hash !== '') throw invalid('it has a ? or a # in it');
  if (url.protocol === 'http:' && !insecureHttp && !isThisMachine(url.hostname)) throw insecure(url.hostname);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/v3$/, '');
}

/** The text itself is not shown: there may be a password in it. */
function invalid(why: string): FiddlerError {
  return new FiddlerError('URL_INVALID', `the address of the Fiddler cannot be used: ${why}`, {
    hint: HINT,
    permanent: true,
  });
}

function insecure(host: string): FiddlerError {
  return new FiddlerError('URL_INSECURE', `http://${host}: the token would be sent unencrypted`, {
    hint: 'Use https://. Where the way to the server is safe all the same: --insecure-http.',
    permanent: true,
  });
}

// The connections: proxies as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say; Node itself reads NODE_EXTRA_CA_CERTS.

/** `proxyTunnel: false`: plain http goes through a proxy as a plain request, as many allow CONNECT to port 443 only. */
const PROXY_OPTIONS = { proxyTunnel: false };

/** Loaded with the first client: undici compiles WebAssembly, for which a process may have no room (`ulimit -v`). */
const undici = (): typeof import('undici') => createRequire(import.meta.url)('undici');

/** @throws FiddlerError `PROXY_INVALID`, `RUNTIME_UNSUPPORTED` */
export function openDispatcher(url: string, runtime: NodeJS.ProcessVersions = process.versions): Dispatcher {
  if (runtime['bun'] !== undefined) {
    const message = `Bun ${runtime['bun']} has an undici of its own, without the connections that this client needs`;
    throw new FiddlerError('RUNTIME_UNSUPPORTED', message, { hint: 'Run it with Node or Deno.', permanent: true });
  }
  const { Agent, EnvHttpProxyAgent } = undici();
  // A local Fiddler is never behind the proxy, whatever the environment says.
  if (isThisMachine(new URL(url).hostname)) return new Agent();
  try {
    return new EnvHttpProxyAgent(PROXY_OPTIONS);
  } catch {
    // The address is not shown: there may be a password in it.
    throw new FiddlerError('PROXY_INVALID', 'the address of the proxy in HTTPS_PROXY or HTTP_PROXY cannot be used', {
      permanent: true,
      hint: 'It looks like http://proxy.example:3128',
    });
  }
}

/**
 * The same connections for one request. @param seconds longest silence before the answer's head
 * @param onStart called when the request begins to go out: from here on the server may have it
 */
export function forOneRequest(dispatcher: Dispatcher, seconds: number, onStart: () => void): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => {
    return dispatch({ ...options, headersTimeout: seconds * 1000 }, tellingStart(handler, onStart));
  });
}

/** Handlers of undici's older kind have `onConnect`, those of the newer `onRequestStart`. */
function tellingStart(handler: Dispatcher.DispatchHandler, onStart: () => void): Dispatcher.DispatchHandler {
  return new Proxy(handler, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      const starts = name === 'onConnect' || name === 'onRequestStart';
      return (...given: unknown[]): unknown => {
        if (starts) onStart();
        return Reflect.apply(member, target, given);
      };
    },
  });
}
