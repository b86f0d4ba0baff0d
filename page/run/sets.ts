/** The baseline and the windows: what each is, and its events. */
import { basename, extname } from '#platform';
import { CodedError } from '../../base/index.js';
import type { Embedder } from '../../engine/index.js';
import { embedImages, rejectedPath } from '../../pipeline/embed/index.js';
import { type Inspection, inspect } from '../../pipeline/inspect/index.js';
import { contentOf, removeFile } from '../../platform/page/index.js';
import { plural } from '../../report/numbers/index.js';
import { newFolder, place } from './given.js';
import type { GivenFile, OwnFile, SetFacts } from './messages.js';

export interface ImageSet {
  name: string;
  kind: SetFacts['kind'];
  /** Folders that go with the set: of what was given, and of its events. */
  root: string;
  tables: string;
  /** As `embedImages` takes them; of events and profiles one file. */
  paths: readonly string[];
  /** Table of its events; null where it is still to be made. */
  events: string | null;
}

type Taken = { set: ImageSet; facts: SetFacts };

/** Of what is refused nothing stays. @throws CodedError of what it is, or `SET_UNKNOWN` for what is not images or events */
export async function takenSet(files: readonly (GivenFile | OwnFile)[], isBaseline: boolean): Promise<Taken> {
  const root = newFolder();
  try {
    return await setIn(root, files, isBaseline);
  } catch (error) {
    await removeFile(root);
    throw error;
  }
}

async function setIn(root: string, files: readonly (GivenFile | OwnFile)[], isBaseline: boolean): Promise<Taken> {
  const { path, loose } = await place(root, files);
  const paths = loose.length > 0 ? loose : [path];
  const found = loose.length > 0 ? null : await inspected(path);
  const { kind, words, notices } = found === null ? ofLoose(loose) : factsOf(path, found);
  const name = loose.length > 0 ? 'images' : nameOf(path);
  if (kind === 'profile' && !isBaseline)
    throw new CodedError('SET_UNKNOWN', `${name}: is a profile, and a window has images or events`);
  const set: ImageSet = { name, kind, root, tables: newFolder(), paths, events: kind === 'events' ? path : null };
  return { set, facts: { kind, words, notices } };
}

const HINT = 'Give a folder, tar, zip or npz of images, or events or a profile of image-drift.';

/** What is nothing that is known would be called a bad model. */
async function inspected(path: string): Promise<Inspection> {
  try {
    return await inspect(path);
  } catch (error) {
    if (!(error instanceof CodedError && error.code === 'CHECKPOINT_UNKNOWN_FORMAT')) throw error;
    throw new CodedError('SET_UNKNOWN', error.message, { hint: HINT, cause: error });
  }
}

function nameOf(path: string): string {
  return basename(path, extname(path));
}

function ofLoose(files: readonly string[]): SetFacts {
  return { kind: 'images', words: plural(files.length, 'file'), notices: [] };
}

function factsOf(path: string, found: Inspection): SetFacts {
  switch (found.kind) {
    case 'images': {
      if (found.problem !== null && Object.keys(found.formats).length === 0) {
        throw new CodedError('IMAGES_UNUSABLE', `${path}: none of the images can be used; ${found.problem}`);
      }
      return { kind: 'images', words: plural(found.images, 'image'), notices: found.notices };
    }
    case 'arrays': {
      const [images] = found.arrays.filter(({ shape }) => shape.length >= 3);
      const count = images?.shape[0] ?? 0;
      if (images === undefined) break;
      return { kind: 'images', words: `${plural(count, 'image')}, array ${images.name}`, notices: [] };
    }
    case 'events': {
      const rows = found.rows === null ? 'events' : plural(found.rows, 'event');
      return { kind: 'events', words: `${rows} of ${found.dimensions} values`, notices: [] };
    }
    case 'profile':
      return { kind: 'profile', words: `profile of ${plural(found.rows, 'image')}`, notices: [] };
  }
  const message = `${path}: is ${found.kind === 'arrays' ? 'arrays without images' : 'a model'}, neither images nor events`;
  throw new CodedError('SET_UNKNOWN', message, { hint: HINT });
}

interface Embedding {
  embedder: Embedder;
  signal: AbortSignal;
  progress(what: string, done: number, total: number): void;
  note(text: string): void;
}

/** The table of its events, which is made where it is not there. @throws CodedError of the images or the network */
export async function eventsOf(set: ImageSet, { embedder, signal, progress, note }: Embedding): Promise<string> {
  if (set.events !== null) return set.events;
  const out = tableOf(set);
  const what = `Embedding ${set.name}`;
  const { rejected } = await embedImages(embedder, set.paths, out, {
    signal,
    onNotice: note,
    onProgress: (done, total) => progress(what, done, total),
  }).catch((error: unknown) => {
    throw withReason(error, rejectedPath(out));
  });
  if (rejected > 0)
    note(`${set.name}: ${plural(rejected, 'image')} could not be used; ${basename(rejectedPath(out))} says why.`);
  set.events = out;
  return out;
}

/** Where the events of its images are, once they are made. */
export function tableOf({ name, tables }: ImageSet): string {
  return `${tables}/${name}.parquet`;
}

/** Too many images that cannot be used, and why the first one cannot, which the list of them says. */
function withReason(error: unknown, list: string): unknown {
  if (!(error instanceof CodedError && error.code === 'IMAGES_REJECTED')) return error;
  const [line = ''] = new TextDecoder().decode(contentOf(list) as Uint8Array).split('\n');
  const { code, message } = JSON.parse(line) as { code: string; message: string };
  const options = { hint: error.hint ?? undefined, cause: new CodedError(code, message) };
  return new CodedError(error.code, error.message, options);
}

/** Events of another model are made again. */
export async function forgetEvents(set: ImageSet): Promise<void> {
  if (set.kind !== 'images') return;
  await removeFile(set.tables);
  set.events = null;
}
