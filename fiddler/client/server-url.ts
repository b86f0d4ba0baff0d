import { isLoopback } from './dispatcher.js';
import { FiddlerError } from './fiddler-error.js';

const HINT = 'Set FIDDLER_URL to the address of your Fiddler, for example https://your-company.fiddler.ai';

/**
 * Unless `insecureHttp`, plain `http://` goes to this machine alone: the token would travel readable by everyone between.
 *
 * The address without its trailing slash; a path in it is kept, for Fiddlers behind a prefix.
 * @throws FiddlerError `URL_MISSING`; `URL_INVALID`: no http or https, a user or password in it, a query; `URL_INSECURE`
 */
export function parseServerUrl(text: string | undefined, insecureHttp = false): string {
  if (text === undefined || text.trim() === '') {
    throw new FiddlerError('URL_MISSING', 'no address of a Fiddler: FIDDLER_URL is not set', {
      hint: `${HINT}; or try everything against a local one: image-drift emulator`,
      permanent: true,
    });
  }
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalid('it must begin with https:// (or http://)');
  if (url.username !== '' || url.password !== '') throw invalid('it has a user or a password in it');
  if (url.search !== '' || url.hash !== '') throw invalid('it has a ? or a # in it');
  if (url.protocol === 'http:' && !insecureHttp && !isLoopback(url.hostname)) throw insecure(url.hostname);
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
