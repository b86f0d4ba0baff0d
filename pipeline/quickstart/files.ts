/**
 * The five files of Fiddler's image-monitoring quickstart, downloaded into the user's cache, or given. Source:
 * github.com/fiddler-labs/fiddler-examples, `quickstart/latest/Fiddler_Quickstart_Image_Monitoring.ipynb`. Lengths and
 * hashes are those of the Git LFS objects.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { download, downloadFolder, type RemoteFile, refuseImpostor } from '../../files/download/index.js';
import { sha256OfFile } from '../../files/index.js';
import { QuickstartError } from './quickstart-error.js';

export const QUICKSTART_URL =
  'https://media.githubusercontent.com/media/fiddler-labs/fiddler-examples/main/quickstart/';

/** Path under `QUICKSTART_URL`. The events' `image_url` begins with it too, as in the notebook. */
const DATA_PATH = 'data/cv_monitoring/';

type KnownFile = { path: string; bytes: number; sha256: string };

const CHECKPOINT: KnownFile = {
  path: 'models/resnet18_cifar10_epoch5.pth',
  bytes: 45_052_489,
  sha256: '14959d08e07499cefb14c138a2a56f93c1a1291ccc9bd650846cc19cc5b3bb0d',
};

/** 5,000 images of 32 × 32 × 3 bytes and their labels. */
const SET_BYTES = 15_400_506;

export interface QuickstartSet {
  name: string;
  /** What the notebook says about the set. */
  story: string;
  sha256: string;
}

/** The reference, then the weeks, oldest first. */
export const QUICKSTART_SETS: readonly QuickstartSet[] = [
  ['reference', 'what the model was accepted with', 'd44e67c19d3fcf7f268048390679eb7fc6b2b016fb1eb5f53810398f43b91f9b'],
  ['production_1', 'undrifted', 'c671a33a726bd523bd654ed1c343b9bb6802abc65437412005088e6a8575f3fd'],
  ['production_2', 'blurred', '1c7081d0d6e5ee4bbd9ec9bf128a90a53a59e009121b7d7744dfc0a890dc39f2'],
  ['production_3', 'darkened', '06d895473feb641aa86b6f6353ba00bdf20039365045a7423ca9be7b2e9bbff9'],
].map(([name, story, sha256]) => ({ name: name!, story: story!, sha256: sha256! }));

/** The notebook's template for `image_url`. */
export const QUICKSTART_IMAGE_URL = `${QUICKSTART_URL}${DATA_PATH}{dataset}/{row}.png`;

export interface QuickstartFile {
  path: string;
  sha256: string;
  origin: 'given' | 'downloaded' | 'cache';
  /** False if a given file differs from the notebook's; its results will then differ too. */
  isOriginal: boolean;
}

export interface QuickstartFiles {
  checkpoint: QuickstartFile;
  /** In the order of `QUICKSTART_SETS`. */
  sets: QuickstartFile[];
}

export interface GatherOptions {
  /** Folder with `reference`, `production_1`, … which each hold an `image_data.npz`. Default: they are downloaded. */
  data?: string | undefined;
  /** Path of the checkpoint. If left out, it is downloaded. */
  weights?: string | undefined;
  /** Base URL of the downloads; default `QUICKSTART_URL`. */
  baseUrl?: string | undefined;
  /** Default: `downloadFolder()`. */
  cache?: string | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((file: string, done: number, total: number) => void) | undefined;
  onInterruption?: ((file: string, reason: string, pauseMs: number) => void) | undefined;
}

/** Finds or downloads the files, given ones first. @throws `QUICKSTART_DATA_MISSING`; DownloadError, FileError */
export async function gatherFiles(options: GatherOptions): Promise<QuickstartFiles> {
  const { data, weights } = options;
  const wanted = [CHECKPOINT, ...QUICKSTART_SETS.map(knownSet)];
  const given = [weights, ...QUICKSTART_SETS.map(({ name }) => data && join(data, name, 'image_data.npz'))];
  for (const path of given) if (path !== undefined) await checkGiven(path);
  const files: QuickstartFile[] = [];
  for (const [i, known] of wanted.entries()) {
    const path = given[i];
    files.push(path === undefined ? await fetched(known, options) : await describeGiven(path, known));
  }
  const [checkpoint, ...sets] = files as [QuickstartFile, ...QuickstartFile[]];
  return { checkpoint, sets };
}

function knownSet({ name, sha256 }: QuickstartSet): KnownFile {
  return { path: `${DATA_PATH}${name}/image_data.npz`, bytes: SET_BYTES, sha256 };
}

async function checkGiven(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) {
    const hint = `--data takes a folder with ${QUICKSTART_SETS.map(({ name }) => name).join(', ')}, each with an image_data.npz; --weights takes the checkpoint. Left out, they are downloaded.`;
    throw new QuickstartError('QUICKSTART_DATA_MISSING', `${path}: no such file`, { hint });
  }
  await refuseImpostor(path);
}

async function describeGiven(path: string, { sha256: expected }: KnownFile): Promise<QuickstartFile> {
  const sha256 = await sha256OfFile(path);
  return { path, sha256, origin: 'given', isOriginal: sha256 === expected };
}

async function fetched({ path, bytes, sha256 }: KnownFile, options: GatherOptions): Promise<QuickstartFile> {
  const { cache = downloadFolder(), baseUrl = QUICKSTART_URL, signal, onProgress, onInterruption } = options;
  const remote: RemoteFile = { url: `${baseUrl.replace(/\/?$/, '/')}${path}`, bytes, sha256 };
  const local = join(cache, 'quickstart', ...path.split('/'));
  const { received } = await download(remote, local, {
    signal,
    onProgress: (done, total) => onProgress?.(path, done, total),
    onInterruption: (reason, pauseMs) => onInterruption?.(path, reason, pauseMs),
  });
  return { path: local, sha256, origin: received > 0 ? 'downloaded' : 'cache', isOriginal: true };
}
