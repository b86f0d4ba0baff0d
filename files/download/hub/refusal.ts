/** Why the Hub does not give a file, from the status and the `X-Error-Code` of its answer. */
import { DownloadError } from '../download-error.js';
import { type HubName, MAIN, shownName } from './hub-name.js';

export interface Refused {
  name: HubName;
  endpoint: string;
  status: number;
  /** `X-Error-Code`. */
  code: string | null;
  hasToken: boolean;
}

const SET_TOKEN = 'set HF_TOKEN to a token of yours with the right to read it, or run hf auth login';

export function refusal({ name, endpoint, status, code, hasToken }: Refused): DownloadError {
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
