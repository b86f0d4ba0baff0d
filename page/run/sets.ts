/** The baseline and the windows: what each is, and its events. */
import { basename, extname } from '#platform';
import { CodedError } from '../../base/index.js';
import type { Embedder } from '../../engine/index.js';
import { DEFAULT_MAX_REJECTED, embedImages, rejectedPath, rejectionLimit } from '../../pipeline/embed/index.js';
import { type Inspection, inspect } from '../../pipeline/inspect/index.js';
import { contentOf, isThereNow, removeFile } from '../../platform/page/index.js';
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
  /** Table of its events; null where it is still to be made, or no image can be used. */
  events: string | null;
  /** Images that cannot be used: why, each with its name. */
  unusable: readonly Unusable[];
  /** How many images there are; 0 where nobody looked. */
  images: number;
}

/** An image of the list of rejections. */
interface Unusable {
  code: string;
  message: string;
}

type Taken = { set: ImageSet; facts: SetFacts };

/** Nothing stays of what is refused. @throws CodedError of what it is, or `SET_UNKNOWN` for what is not images or events */
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
  const hint = `${HINT}${isBaseline ? ', or a profile' : ''}.`;
  const found = loose.length > 0 ? null : await inspected(path, hint);
  const { kind, words, notices } = found === null ? ofLoose(loose) : factsOf(path, found, hint);
  const name = loose.length > 0 ? 'images' : nameOf(path);
  if (kind === 'profile' && !isBaseline)
    throw new CodedError('SET_UNKNOWN', `${name}: is a profile, and a window has images or events`);
  const set: ImageSet = {
    name,
    kind,
    root,
    tables: newFolder(),
    paths,
    events: kind === 'events' ? path : null,
    unusable: [],
    images: 0,
  };
  return { set, facts: { kind, words, notices } };
}

const HINT = 'Give a folder, tar, zip or npz of images, or saved events';

/** What is nothing that is known would be called a bad model. */
async function inspected(path: string, hint: string): Promise<Inspection> {
  try {
    return await inspect(path);
  } catch (error) {
    if (!(error instanceof CodedError && error.code === 'CHECKPOINT_UNKNOWN_FORMAT')) throw error;
    throw new CodedError('SET_UNKNOWN', error.message, { hint, cause: error });
  }
}

function nameOf(path: string): string {
  return basename(path, extname(path));
}

function ofLoose(files: readonly string[]): SetFacts {
  return { kind: 'images', words: plural(files.length, 'file'), notices: [] };
}

function factsOf(path: string, found: Inspection, hint: string): SetFacts {
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
  throw new CodedError('SET_UNKNOWN', message, { hint });
}

interface Embedding {
  embedder: Embedder;
  signal: AbortSignal;
  progress(what: string, done: number, total: number): void;
  note(text: string): void;
}

/** Makes the table of its events, where it is not there. @throws CodedError of the images or the network */
export async function embedSet(set: ImageSet, { embedder, signal, progress, note }: Embedding): Promise<void> {
  if (set.events !== null || set.unusable.length > 0) return;
  const out = tableOf(set);
  const what = `Embedding ${set.name}`;
  const options = {
    signal,
    onNotice: note,
    onProgress: (done: number, total: number) => progress(what, done, total),
    // All are looked at, so that a person can see them all before they say what to do.
    maxRejected: '100%' as const,
  };
  const made = await embedImages(embedder, set.paths, out, options).catch((error: unknown) => {
    if (error instanceof CodedError && error.code === 'IMAGES_REJECTED') return null;
    throw error;
  });
  set.unusable = isThereNow(rejectedPath(out)) ? unusableIn(contentOf(rejectedPath(out)) as Uint8Array) : [];
  set.images = (made?.rows ?? 0) + set.unusable.length;
  if (made !== null) set.events = out;
}

function unusableIn(list: Uint8Array): Unusable[] {
  const lines = new TextDecoder().decode(list).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Unusable);
}

/** Images that cannot be used, in sets where they are more than a person need not be asked about. */
export class ImagesRejected extends CodedError {
  readonly lines: readonly string[];
  /** Whether the others can be compared. */
  readonly othersLeft: boolean;

  constructor(sets: readonly ImageSet[]) {
    const [first] = sets[0]!.unusable;
    const counts = sets.map(
      ({ name, unusable, images }) => `${name}: ${count(unusable.length)} of ${plural(images, 'image')} cannot be used`,
    );
    super('IMAGES_REJECTED', `${counts.join('; ')}; the first: ${first!.message}`, {
      hint: HINTS[first!.code],
      cause: new CodedError(first!.code, first!.message),
    });
    this.lines = sets.flatMap(leftOut);
    this.othersLeft = sets.every(({ events }) => events !== null);
  }
}

const HINTS: Readonly<Record<string, string>> = {
  IMAGE_SIZE: 'Convert the model again with the Resize and Crop it was trained with.',
};

const count = (number: number) => number.toLocaleString('en');

/** @param isAllowed a person said that they may be left out @throws ImagesRejected */
export function checkUsable(sets: readonly ImageSet[], isAllowed: boolean): void {
  const refused = sets.filter(
    ({ events, unusable, images }) =>
      unusable.length > 0 &&
      (events === null || (!isAllowed && unusable.length > rejectionLimit(DEFAULT_MAX_REJECTED, images))),
  );
  if (refused.length > 0) throw new ImagesRejected(refused);
}

const MOST_NAMES = 50;

/** A line for each image that is left out, up to a number that a person reads. */
export function leftOut({ name, unusable }: ImageSet): string[] {
  const more = unusable.length - MOST_NAMES;
  const lines = unusable.slice(0, MOST_NAMES).map(({ message }) => `${name}: left out: ${message}`);
  return more > 0 ? [...lines, `${name}: ${count(more)} more, in the list of images left out`] : lines;
}

/** Where the events of its images are, once they are made. */
export function tableOf({ name, tables }: ImageSet): string {
  return `${tables}/${name}.parquet`;
}

/** Events of another model are made again. */
export async function forgetEvents(set: ImageSet): Promise<void> {
  if (set.kind !== 'images') return;
  await removeFile(set.tables);
  Object.assign(set, { events: null, unusable: [], images: 0 });
}
