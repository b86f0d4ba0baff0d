/**
 * What the Hub says of one file before it is downloaded: the commit, the length and the hash, from the headers of a
 * HEAD request. As huggingface_hub does it, so that mirrors that serve the one serve the other.
 */
import type { Dispatcher, Response } from 'undici';
import { retryAfterSeconds } from '../../index.js';
import type { Checksum } from '../checksum.js';
import type { Connections } from '../connections.js';
import { DownloadError } from '../download-error.js';
import { persist } from '../receive.js';
import { connectionError, Interruption, redirected } from '../request-file.js';
import { type HubName, isCommit, MAIN, shownName } from './hub-name.js';

interface HubQuestion {
  name: HubName & { file: string };
  endpoint: string;
  token: string | null;
  connections: Connections;
  /** Asks only once where the Hub does not answer; default: as often as `pauseBeforeRetry` says. */
  once?: boolean | undefined;
  pause?: ((ms: number) => Promise<void>) | undefined;
}

export interface HubAnswer {
  commit: string;
  /** Null: the repository has no such file. */
  content: HubContent | null;
}

export interface HubContent {
  bytes: number;
  etag: string;
  checksum: Checksum;
}

/** From an old name of a repository to the new one, and to where the file lies. */
const MOST_REDIRECTS = 5;
const SHA256 = /^[0-9a-f]{64}$/;
const GIT_BLOB = /^[0-9a-f]{40}$/;

/** @throws DownloadError `HUB_…`, `DOWNLOAD_REDIRECTS`, `DOWNLOAD_CERTIFICATE`, `DOWNLOAD_URL` */
export async function askHub(question: HubQuestion): Promise<HubAnswer> {
  const { once = false, pause, endpoint } = question;
  const attempt = () => askOnce(question);
  try {
    return await (once ? attempt() : persist(endpoint, attempt, () => 0, { sleep: pause }));
  } catch (error) {
    const isGivenUp = error instanceof DownloadError && error.code === 'DOWNLOAD_INTERRUPTED';
    if (error instanceof Interruption || isGivenUp) throw unreachable(question, error);
    throw error;
  }
}

/** Address of a file of a repository, which redirects to where its content lies. */
export function hubUrl(endpoint: string, { org, name, revision }: HubName, file: string): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${org}/${name}/resolve/${encodeURIComponent(revision)}/${path}`;
}

export function hubHeaders(token: string | null): Record<string, string> {
  return { 'user-agent': 'image-drift', ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
}

async function askOnce(question: HubQuestion): Promise<HubAnswer> {
  const { name, endpoint, token, connections } = question;
  const said = new Said();
  let url = hubUrl(endpoint, name, name.file);
  let publicOnly = false;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const isOwn = new URL(url).origin === new URL(endpoint).origin;
    const dispatcher = connections.to(url, publicOnly, endpoint);
    const response = await head(url, hubHeaders(isOwn ? token : null), dispatcher);
    checkPasses(response, question);
    const isAbsent = response.status === 404 || response.status === 410;
    said.add(response, isAbsent);
    if (isAbsent) return { commit: said.commit(question), content: null };
    const location = response.headers.get('location');
    if (response.status < 300 || location === null || said.isComplete) {
      return { commit: said.commit(question), content: said.content(question) };
    }
    publicOnly ||= connections.isPublic(url);
    url = redirected(url, location, endpoint);
  }
  const message = `${shownName(name)}: ${endpoint} redirects more than ${MOST_REDIRECTS} times`;
  throw new DownloadError('DOWNLOAD_REDIRECTS', message, { mayRetry: true });
}

async function head(url: string, headers: Record<string, string>, dispatcher: Dispatcher): Promise<Response> {
  const { fetch } = await import('undici');
  try {
    return await fetch(url, {
      method: 'HEAD',
      headers: { ...headers, 'accept-encoding': 'identity' },
      redirect: 'manual',
      dispatcher,
    });
  } catch (error) {
    throw connectionError(error, url);
  }
}

function checkPasses({ status, headers }: Response, question: HubQuestion): void {
  const { name, endpoint } = question;
  if (status < 400) return;
  const code = headers.get('x-error-code');
  const hasEntry = code === 'EntryNotFound' || isCommit(name.revision);
  if ((status === 404 || status === 410) && hasEntry && code !== 'RepoNotFound') return;
  if (status === 429 || status === 408 || status >= 500) {
    const retryAfter = retryAfterSeconds(headers.get('retry-after'), headers.get('date'));
    throw new Interruption(`${endpoint} answers ${status}`, retryAfter);
  }
  throw refusal(question, status, code);
}

class Said {
  #commit: string | null = null;
  #etag: string | null = null;
  #bytes: string | null = null;

  /** Whether the Hub itself has said what the file is; where its content lies does not matter then. */
  isComplete = false;

  add({ headers, status }: Response, isAbsent: boolean): void {
    this.#commit ??= headers.get('x-repo-commit');
    if (isAbsent) return;
    const linked = headers.get('x-linked-etag');
    const isFinal = status < 300;
    this.#etag = linked ?? (isFinal ? headers.get('etag') : null);
    this.#bytes = headers.get('x-linked-size') ?? (isFinal ? headers.get('content-length') : null);
    this.isComplete = linked !== null && this.#bytes !== null;
  }

  commit({ name, endpoint }: HubQuestion): string {
    const commit = this.#commit ?? name.revision;
    if (isCommit(commit)) return commit;
    throw notHub(name, endpoint, 'does not say which commit it has (X-Repo-Commit)');
  }

  content({ name, endpoint }: HubQuestion): HubContent {
    const etag = this.#etag?.replace(/^W\//, '').replace(/^"(.*)"$/, '$1') ?? '';
    const bytes = this.#bytes === null ? Number.NaN : Number(this.#bytes);
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw notHub(name, endpoint, 'does not say how long it is');
    if (SHA256.test(etag)) return { bytes, etag, checksum: { sha256: etag } };
    if (GIT_BLOB.test(etag)) return { bytes, etag, checksum: { gitBlob: etag } };
    throw notHub(name, endpoint, 'gives no hash to check it by: the ETag is neither a sha256 nor an id of Git');
  }
}

function notHub(name: HubName, endpoint: string, says: string): DownloadError {
  return new DownloadError('HUB_NOT_A_HUB', `${shownName(name)}: ${endpoint} ${says}`, {
    hint: 'HF_ENDPOINT must be the address of a Hugging Face Hub or a mirror of one; a proxy may have answered instead.',
  });
}

function unreachable({ name, endpoint }: HubQuestion, cause: Error): DownloadError {
  // One that was given up after several tries names the endpoint itself.
  const reason = cause instanceof Interruption ? `${endpoint}: ${cause.message}` : cause.message;
  return new DownloadError('HUB_UNREACHABLE', `${shownName(name)}: the Hub cannot be reached; ${reason}`, {
    hint: 'Is there a network, and a proxy to name in HTTPS_PROXY? HF_ENDPOINT names a mirror.',
    mayRetry: true,
    cause,
  });
}

const SET_TOKEN = 'set HF_TOKEN to a token of yours with the right to read it, or run hf auth login';

/** Why the Hub does not give a file. @param code `X-Error-Code` of its answer */
function refusal({ name, endpoint, token }: HubQuestion, status: number, code: string | null): DownloadError {
  const hasToken = token !== null;
  const { org, name: repository, revision } = name;
  const id = `hf:${org}/${repository}`;
  if (code === 'GatedRepo') {
    const page = `${endpoint}/${org}/${repository}`;
    const step = hasToken ? 'the account of your token needs access first' : `then ${SET_TOKEN}`;
    return new DownloadError('HUB_GATED', `${id}: is open only to those who have asked for access (${status})`, {
      hint: `Ask for it at ${page}; ${step}.`,
      mayRetry: true,
    });
  }
  if (code === 'RevisionNotFound') {
    return new DownloadError('HUB_REVISION_NOT_FOUND', `${shownName(name)}: has no revision ${revision}`, {
      hint: revision === MAIN ? undefined : `Leave @${revision} out for its branch ${MAIN}.`,
    });
  }
  // The Hub answers 401 for what is not there, too, so that nobody learns which private models exist.
  if (code === 'RepoNotFound' || status === 404 || status === 410) {
    return new DownloadError('HUB_NOT_FOUND', `${id}: ${endpoint} has no such model, or it is private (${status})`, {
      hint: hasToken ? 'Check the name; your token may lack the right to read it.' : `If it is private, ${SET_TOKEN}.`,
    });
  }
  if (status === 401 || status === 403) {
    const says = hasToken ? 'does not take your token' : 'asks for a token';
    return new DownloadError('HUB_UNAUTHORIZED', `${id}: ${endpoint} ${says} (${status})`, {
      hint: hasToken
        ? 'HF_TOKEN, or the file that hf auth login wrote, may be out of date.'
        : `To read it, ${SET_TOKEN}.`,
      mayRetry: true,
    });
  }
  return new DownloadError('HUB_REFUSED', `${id}: ${endpoint} answers ${status}`, {
    hint: 'A proxy may stand in between (HTTPS_PROXY, NO_PROXY); HF_ENDPOINT names a mirror.',
    mayRetry: true,
  });
}
