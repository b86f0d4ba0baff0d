/** Turns an answer other than 2xx into the error of its kind, with the server's own reason. */
import { shown } from '../../base/index.js';
import { describeHtml, looksLikeHtml } from './answer.js';
import {
  Conflict,
  FiddlerError,
  type FiddlerErrorOptions,
  NotFound,
  Rejected,
  Unauthorized,
  Unavailable,
  Unsupported,
} from './fiddler-error.js';

interface RefusedAnswer {
  asked: string;
  status: number;
  text: string;
  /** Takes the token out of what is shown: after parsing, as a text may be written with escapes. */
  redact: (text: string) => string;
  location: string | null;
  retryAfterSeconds: number | null;
  attempts: number;
}

type ErrorClass = new (code: string, message: string, options: FiddlerErrorOptions) => FiddlerError;

interface Kind {
  type: ErrorClass;
  code: string;
  permanent: boolean;
  hint: string;
}

const NEW_TOKEN = 'make a new one under Settings → Credentials, and set FIDDLER_TOKEN (or FIDDLER_TOKEN_FILE) to it.';

const kind = (type: ErrorClass, code: string, permanent: boolean, hint: string): Kind => ({
  type,
  code,
  permanent,
  hint,
});
const ASK_FOR_RIGHT = 'ask for the right on the project, or use the token of somebody who has it.';

const KINDS: Record<number, Kind> = {
  401: kind(Unauthorized, 'UNAUTHORIZED', false, `The token is wrong or expired: ${NEW_TOKEN}`),
  403: kind(Unauthorized, 'FORBIDDEN', false, `This token may not do that: ${ASK_FOR_RIGHT}`),
  404: kind(NotFound, 'NOT_FOUND', true, 'It was deleted, or never there on this server.'),
  405: kind(Unsupported, 'UNSUPPORTED', true, 'This version of Fiddler does not offer it.'),
  409: kind(Conflict, 'CONFLICT', true, 'Use the one that is there, or another name or version.'),
  413: kind(Rejected, 'TOO_LARGE', true, 'Send less at a time: fewer rows in a file or a request.'),
  501: kind(Unsupported, 'NOT_ENABLED', true, 'This is not enabled on this Fiddler: ask whoever runs it.'),
};

export function refusal(answer: RefusedAnswer): FiddlerError {
  const { asked, status, attempts } = answer;
  const { reason, reasonCode, help, page } = serverWords(answer.text, answer.redact);
  const { type, code, permanent, hint: known } = kindOf(answer);
  const said = reason ?? (page === null ? 'without a reason' : `with ${page}`);
  const tries = attempts > 1 ? ` (try ${attempts})` : '';
  const message = `${asked}: status ${status}${reasonCode ? ` ${reasonCode}` : ''}${tries}: ${said}`;
  const hint = page === null ? known : `${known} As a web page came: perhaps a proxy answered, see HTTPS_PROXY.`;
  return new type(code, message, {
    status,
    reason,
    reasonCode,
    attempts,
    permanent,
    hint: help ? `${hint} The server adds: ${help}` : hint,
  });
}

function kindOf({ status, location, retryAfterSeconds }: RefusedAnswer): Kind {
  const known = KINDS[status];
  if (known !== undefined) return known;
  if (status === 429) return { ...later('RATE_LIMITED'), hint: rateHint(retryAfterSeconds) };
  if (status >= 500) return later('SERVER_FAILED');
  if (status >= 300 && status < 400) return redirected(location);
  return kind(Rejected, 'REJECTED', true, 'The request itself is wrong: see the reason.');
}

function later(code: string): Kind {
  return { type: Unavailable, code, permanent: false, hint: 'Run the same again later.' };
}

function rateHint(seconds: number | null): string {
  const wait = seconds === null ? '' : ` It asks to wait ${Math.ceil(seconds).toLocaleString('en')} s.`;
  return `Too many requests for this tenant: use a smaller concurrency, or run the same again later.${wait}`;
}

/** Never followed: a POST would become a GET, and a token does not follow a stranger's address. */
function redirected(location: string | null): Kind {
  const to = location === null ? 'elsewhere' : shown(location.replace(/[?#].*$/, ''));
  const hint = `It points to ${to}. If that is your Fiddler, set FIDDLER_URL to it; if it is a login page, the way there is closed from here.`;
  // Also where a gateway's session has ended, which passes without a change of the command.
  return { type: FiddlerError, code: 'REDIRECTED', permanent: false, hint };
}

interface ServerWords {
  reason: string | null;
  reasonCode: string | null;
  help: string | null;
  page: string | null;
}

const SILENT: ServerWords = { reason: null, reasonCode: null, help: null, page: null };

/** `{"error": {"message", "errors": [{"reason", "message", "help"}]}}`, or what proxies and frameworks send instead. */
function serverWords(text: string, redact: RefusedAnswer['redact']): ServerWords {
  const textOrNull = (value: unknown) => (typeof value === 'string' ? shownOrNull(redact(value)) : null);
  if (looksLikeHtml(text)) return { ...SILENT, page: describeHtml(redact(text)) };
  const body = parsed(text);
  if (body === undefined) return { ...SILENT, reason: textOrNull(text) };
  const error = member(body, 'error');
  const errors = member(error, 'errors');
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const candidates = [
    member(error, 'message'),
    member(first, 'message'),
    error,
    member(body, 'message'),
    member(body, 'detail'),
  ];
  return {
    reason: candidates.map(textOrNull).find((words) => words !== null) ?? null,
    reasonCode: textOrNull(member(first, 'reason')),
    help: textOrNull(member(first, 'help')),
    page: null,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Made safe for a terminal and short. */
function shownOrNull(text: string): string | null {
  return text.trim() === '' ? null : shown(text.trim());
}
