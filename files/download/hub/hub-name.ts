/** Names of models on the Hugging Face Hub, `hf:org/name[@revision][/file]`, and the settings of huggingface_hub. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { FileError, readSmallText } from '../../index.js';
import { DownloadError } from '../download-error.js';

export interface HubName {
  org: string;
  name: string;
  /** Branch, tag or commit; `main` where none was given. */
  revision: string;
  file: string | null;
}

const PREFIX = 'hf:';
export const MAIN = 'main';
const FORM = 'hf:ORG/NAME, hf:ORG/NAME@REVISION or hf:ORG/NAME/FILE';

/** As huggingface_hub has it: letters, digits, `-`, `_` and `.`, none of the signs at an end. */
const PART = /^[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?$/;
/** The branches with slashes that the Hub makes itself; others are written with `%2F`. */
const SPECIAL_REVISION = /^(?:refs\/pr\/\d+|refs\/convert\/\w+)(?=\/|$)/;
const REVISION = /^[\w.-]+(?:\/[\w.-]+)*$/;
const COMMIT = /^[0-9a-f]{40}$/;

export function isHubName(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** Whether a revision is a commit: what it names never changes. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** @throws DownloadError `HUB_NAME` */
export function parseHubName(text: string): HubName {
  const [, org = '', rest = ''] = /^hf:([^/]*)\/(.*)$/s.exec(text) ?? [];
  const [, name = '', at, tail = ''] = /^([^/@]*)(@?)(.*)$/s.exec(rest) ?? [];
  if (!isRepositoryPart(org) || !isRepositoryPart(name)) throw invalid(text, `is not of the form ${FORM}`);
  const [revision, file] = at === '@' ? splitRevision(text, tail) : [MAIN, tail];
  if (!REVISION.test(revision) || !isSafePath(revision)) throw invalid(text, 'has a revision that no repository has');
  if (file === '') return { org, name, revision, file: null };
  const path = file.slice(1);
  if (!isSafePath(path)) throw invalid(text, 'does not name a file inside the repository');
  return { org, name, revision, file: path };
}

/** @param tail what follows the `@` @returns the revision, and the rest with its slash */
function splitRevision(text: string, tail: string): [revision: string, file: string] {
  const revision = SPECIAL_REVISION.exec(tail)?.[0] ?? /^[^/]*/.exec(tail)![0];
  try {
    return [decodeURIComponent(revision), tail.slice(revision.length)];
  } catch {
    throw invalid(text, 'has a revision that is not percent-encoded as it should be');
  }
}

function isRepositoryPart(part: string): boolean {
  return PART.test(part) && !part.includes('--') && !part.includes('..') && !part.endsWith('.git');
}

/** Whether a relative path with slashes stays below the folder that it is joined to, on any system. */
export function isSafePath(path: string): boolean {
  const parts = path.split('/');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\x00-\x1f]/.test(part));
}

export function shownName({ org, name, revision, file }: HubName): string {
  const at = revision === MAIN ? '' : `@${revision}`;
  return `${PREFIX}${org}/${name}${at}${file === null ? '' : `/${file}`}`;
}

function invalid(text: string, says: string): DownloadError {
  const hint = `Write ${FORM}; a slash in a revision as %2F.`;
  return new DownloadError('HUB_NAME', `${text}: ${says}`, { hint });
}

export interface HubSettings {
  /** Without a slash at its end. */
  endpoint: string;
  /** The folder that holds `models--org--name`. */
  cache: string;
  token: string | null;
  /** Nothing is asked for, only the cache is read. */
  offline: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const ENDPOINT = 'https://huggingface.co';
const TRUE = /^(?:1|on|yes|true)$/i;
const MAX_TOKEN_BYTES = 64 * 1024;

/** @throws DownloadError `HUB_CACHE_MISSING`; FileError for a token file that cannot be read */
export async function hubSettings(env: Environment = process.env): Promise<HubSettings> {
  const home = hubHome(env);
  return {
    endpoint: (env['HF_ENDPOINT'] || ENDPOINT).replace(/\/+$/, ''),
    cache: path(env, env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || join(home, 'hub')),
    token: await token(env, home),
    offline: TRUE.test(env['HF_HUB_OFFLINE'] || env['TRANSFORMERS_OFFLINE'] || ''),
  };
}

function hubHome(env: Environment): string {
  const given = env['HF_HOME'];
  if (given) return path(env, given);
  const cache = env['XDG_CACHE_HOME'];
  return cache ? path(env, join(cache, 'huggingface')) : join(userHome(env), '.cache', 'huggingface');
}

function path(env: Environment, text: string): string {
  const expanded = text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (all, braced, plain) => env[braced ?? plain] ?? all);
  return resolve(/^~(?=\/|$)/.test(expanded) ? join(userHome(env), expanded.slice(1)) : expanded);
}

function userHome(env: Environment): string {
  try {
    const home = env['HOME'] || homedir();
    if (home) return home;
  } catch {
    // HOME is not set, and the user database has no entry for this user id.
  }
  throw new DownloadError('HUB_CACHE_MISSING', 'this user has no home folder to keep a model in', {
    hint: 'Set HF_HOME to a folder.',
  });
}

async function token(env: Environment, home: string): Promise<string | null> {
  if (TRUE.test(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'] ?? '')) return null;
  const given = clean(env['HF_TOKEN']) ?? clean(env['HUGGING_FACE_HUB_TOKEN']);
  if (given !== null) return given;
  const file = env['HF_TOKEN_PATH'] ? path(env, env['HF_TOKEN_PATH']) : join(home, 'token');
  try {
    return clean(await readSmallText(file, MAX_TOKEN_BYTES, 'a token'));
  } catch (error) {
    if (error instanceof FileError && ['FILE_NOT_FOUND', 'FILE_NOT_FOLDER'].includes(error.code)) return null;
    throw error;
  }
}

function clean(text: string | undefined): string | null {
  return text?.replace(/[\r\n]/g, '').trim() || null;
}
