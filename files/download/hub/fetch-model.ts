import { join, relative } from 'node:path';
import * as z from 'zod';
import { readSmallText } from '../../index.js';
import { Connections } from '../connections.js';
import { DownloadError } from '../download-error.js';
import { askHub, type HubAnswer } from './ask-hub.js';
import {
  type HubName,
  type HubSettings,
  hubSettings,
  isCommit,
  isSafePath,
  MAIN,
  parseHubName,
  shownName,
} from './hub-name.js';
import { HubCache, Snapshot, type SnapshotOptions } from './snapshot.js';

export interface FetchModelOptions extends SnapshotOptions {
  settings?: HubSettings | undefined;
  /** Read the cache alone, whatever the environment says. */
  offline?: boolean | undefined;
}

export interface HubModel {
  /** The name without a revision: `hf:org/name`, or `hf:org/name/file`. */
  label: string;
  commit: string;
  /** The folder in the cache that holds `config.json` and the file with the tensors. */
  folder: string;
  /** Path of the file that was named; null for the model as a whole. */
  file: string | null;
  /** Whether the repository describes the model. */
  hasConfig: boolean;
  received: number;
}

const CONFIG = 'config.json';
const PROCESSOR = 'preprocessor_config.json';
const INDEX = '.index.json';
/** From the best to the second best; an index lists the files of a model that is kept in several. */
const WEIGHTS = [
  'model.safetensors',
  `model.safetensors${INDEX}`,
  'pytorch_model.bin',
  `pytorch_model.bin${INDEX}`,
  'onnx/model.onnx',
];
/** An ONNX file may keep its tensors in a second file. */
const BESIDE_ONNX = ['_data', '.data'];

const SILENCE_MS = 30_000;
/** 10,000 tensors with long names, or 21,841 classes in two directions. */
const MAX_JSON_BYTES = 16 * 2 ** 20;
/** It has the whole graph; EfficientNet-L2's has 8 MB. */
const MAX_MANIFEST_BYTES = 64 * 2 ** 20;
const partSchema = z.string().refine(isSafePath, 'must stay in the folder');
const indexSchema = z.object({ weight_map: z.record(z.string(), partSchema) });
const MANIFEST = /(?:^|\/)model\.json$/;
const manifestSchema = z.object({ weightsManifest: z.array(z.object({ paths: z.array(partSchema) })) });

/** @param text `hf:org/name[@revision][/file]` @throws DownloadError `HUB_…`, `DOWNLOAD_…`; FileError */
export async function fetchModel(text: string, options: FetchModelOptions = {}): Promise<HubModel> {
  const name = parseHubName(text);
  const given = options.settings ?? (await hubSettings());
  const settings = { ...given, offline: given.offline || options.offline === true };
  const cache = new HubCache(settings.cache, name);
  if (settings.offline || isCommit(name.revision)) {
    const found = await fromCache(name, cache, settings, options);
    if (found !== null) return found;
    if (settings.offline) throw notCached(name, settings);
  }
  const connections = await Connections.open(options.silenceMs ?? SILENCE_MS);
  try {
    return await fromHub(name, cache, settings, { ...options, connections });
  } finally {
    await connections.destroy();
  }
}

/** What a commit names never changes, so the Hub need not be asked where all of it is in the cache. */
async function fromCache(
  name: HubName,
  cache: HubCache,
  settings: HubSettings,
  options: SnapshotOptions,
): Promise<HubModel | null> {
  const commit = await cache.commitOf(name.revision);
  if (commit === null) return null;
  const snapshot = new Snapshot({ name: { ...name, revision: commit }, cache, settings, connections: null, options });
  const model = await gather(name, commit, snapshot);
  return model !== null && (await isWholeInCache(model, cache)) ? model : null;
}

/**
 * A model without a description of its preprocessing would be given another. That it has none must be known, then:
 * from the Hub, or because timm describes it in `config.json`.
 */
async function isWholeInCache({ commit, folder, hasConfig }: HubModel, cache: HubCache): Promise<boolean> {
  if ((await cache.find(commit, PROCESSOR)) !== null || (await cache.isKnownAbsent(commit, PROCESSOR))) return true;
  if (!hasConfig) return cache.isKnownAbsent(commit, CONFIG);
  return (await readSmallText(join(folder, CONFIG), MAX_JSON_BYTES)).includes('"pretrained_cfg"');
}

async function fromHub(
  name: HubName,
  cache: HubCache,
  settings: HubSettings,
  options: SnapshotOptions & { connections: Connections },
): Promise<HubModel> {
  const cached = await cache.commitOf(name.revision);
  const asked = await currentCommit(name, cached, settings, options);
  if (asked === null) {
    const found = await fromCache(name, cache, settings, options);
    if (found === null) throw notCached(name, settings);
    return found;
  }
  const { commit, answer } = asked;
  if (cached !== null && commit !== cached) {
    options.onNotice?.(`${shownName(name)}: ${name.revision} has moved from ${cached} to ${commit}`);
  }
  const { connections } = options;
  const snapshot = new Snapshot({ name: { ...name, revision: commit }, cache, settings, connections, options });
  if (answer !== null) snapshot.remember(firstFile(name), answer);
  const model = await gather(name, commit, snapshot);
  if (model === null) throw noFile(name);
  // At the end: until then, what was there before is what an offline run finds.
  await cache.setCommit(name.revision, commit);
  return model;
}

/** The commit of a revision as the Hub says; null where the Hub cannot be reached and the cache has one. */
async function currentCommit(
  name: HubName,
  cached: string | null,
  { endpoint, token }: HubSettings,
  { connections, pause, onNotice }: SnapshotOptions & { connections: Connections },
): Promise<{ commit: string; answer: HubAnswer | null } | null> {
  if (isCommit(name.revision)) return { commit: name.revision, answer: null };
  const once = cached !== null;
  const question = { name: { ...name, file: firstFile(name) }, endpoint, token, connections, once, pause };
  try {
    const answer = await askHub(question);
    return { commit: answer.commit, answer };
  } catch (error) {
    if (cached === null || !(error instanceof DownloadError) || error.code !== 'HUB_UNREACHABLE') throw error;
    onNotice?.(`${error.message}; what is in the cache is used`);
    return null;
  }
}

function firstFile({ file }: HubName): string {
  return file ?? CONFIG;
}

/** Null where the model, or the file that was named, is not there. */
async function gather(name: HubName, commit: string, snapshot: Snapshot): Promise<HubModel | null> {
  const [config] = await inTurn([CONFIG, PROCESSOR], (file) => snapshot.get(file));
  const found = name.file === null ? await firstWeights(snapshot) : await snapshot.get(name.file);
  if (found === null || !(await hasParts(found, snapshot, name))) return null;
  return {
    label: shownName({ ...name, revision: MAIN }),
    commit,
    folder: snapshot.folder,
    file: name.file === null ? null : found,
    hasConfig: config !== null,
    received: snapshot.received,
  };
}

async function firstWeights(snapshot: Snapshot): Promise<string | null> {
  for (const file of WEIGHTS) {
    const path = await snapshot.get(file);
    if (path !== null) return path;
  }
  return null;
}

/** Gets the files that belong to one: those that it lists, or the second one of an ONNX file, which may have none. */
async function hasParts(path: string, snapshot: Snapshot, name: HubName): Promise<boolean> {
  const file = relative(snapshot.folder, path).replaceAll('\\', '/');
  if (file.endsWith('.onnx')) await inTurn(BESIDE_ONNX, (end) => snapshot.get(file + end));
  if (!file.endsWith(INDEX) && !MANIFEST.test(file)) return true;
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  for (const part of await partsOf(path, shownName({ ...name, file }))) {
    if ((await snapshot.get(folder + part)) === null) return false;
  }
  return true;
}

async function partsOf(path: string, shown: string): Promise<Set<string>> {
  const isIndex = path.endsWith(INDEX);
  const text = await readSmallText(path, isIndex ? MAX_JSON_BYTES : MAX_MANIFEST_BYTES, 'an index');
  try {
    const json: unknown = JSON.parse(text);
    if (isIndex) return new Set(Object.values(indexSchema.parse(json).weight_map));
    return new Set(manifestSchema.parse(json).weightsManifest.flatMap(({ paths }) => paths));
  } catch (error) {
    throw new DownloadError('HUB_INDEX', `${shown}: does not list the files of a model`, { cause: error });
  }
}

async function inTurn<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const value of values) results.push(await work(value));
  return results;
}

function noFile(name: HubName): DownloadError {
  if (name.file !== null) return new DownloadError('HUB_FILE_NOT_FOUND', `${shownName(name)}: has no such file`);
  const message = `${shownName(name)}: has none of ${WEIGHTS.join(', ')}, or not all files that an index lists`;
  return new DownloadError('HUB_FILE_NOT_FOUND', message, {
    hint: `Name another file of it: ${shownName({ ...name, file: 'FILE.pth' })}.`,
  });
}

function notCached(name: HubName, { cache, offline }: HubSettings): DownloadError {
  const why = offline ? 'and nothing may be downloaded' : 'and the Hub cannot be reached';
  return new DownloadError('HUB_NOT_CACHED', `${shownName(name)}: is not in ${cache}, ${why}`, {
    hint: 'Run it once without --offline and HF_HUB_OFFLINE, or set HF_HUB_CACHE to the cache that has it.',
  });
}
