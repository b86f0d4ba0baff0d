/** Where the Hub is, where its files are kept, and who asks: the variables of huggingface_hub, read as it reads them. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { FileError, readSmallFile } from '../../index.js';
import { DownloadError } from '../download-error.js';

export interface HubSettings {
  /** Without a slash at its end. */
  endpoint: string;
  /** The folder that holds `models--org--name`. */
  cache: string;
  /** Null: ask without one. */
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
    return clean((await readSmallFile(file, MAX_TOKEN_BYTES, 'a token')).toString('utf8'));
  } catch (error) {
    if (error instanceof FileError && ['FILE_NOT_FOUND', 'FILE_NOT_FOLDER'].includes(error.code)) return null;
    throw error;
  }
}

function clean(text: string | undefined): string | null {
  return text?.replace(/[\r\n]/g, '').trim() || null;
}
