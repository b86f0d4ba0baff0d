/** Folders as labels, as torchvision's `ImageFolder` has them: `cat/1.jpg` is a cat. */
import { shown } from '../../../base/index.js';
import { DataError } from '../../data-error.js';
import type { Label } from './labels.js';
import { compareKeys } from './listing.js';

/** Which labels a caller wants, and what the model's classes are. */
export interface LabelOptions {
  /**
   * `folder`: the first folder of each key; null: none; any other text: the column of that name, with or without
   * `column:` before it. Default: what the source has as labels, and the folders where their names are the model's
   * classes.
   */
  labels?: string | null | undefined;
  /** The model's class names, in the network's order. */
  classes?: readonly string[] | undefined;
}

export interface FolderLabels {
  labels: 'index' | 'name' | null;
  labelOf(key: string): Label;
  notices: readonly string[];
}

const NONE: FolderLabels = { labels: null, labelOf: () => null, notices: [] };

/**
 * Unasked, folders are labels where every image lies in one folder and at least half of these folders are named like classes of
 * the model; images in the others have no label, and a notice says so: a new class must not cost the labels of all. Asked for, they are class names where they are known; where none is, and there are as many folders as classes,
 * they are the class numbers 0, 1, … in the order of their names, as torchvision numbers them.
 *
 * @param keys of all images
 * @param where names the source in errors
 * @throws DataError `LABELS_FOLDER` where folders are asked for and an image lies in none
 */
export function folderLabels(
  keys: Iterable<string>,
  { labels: asked, classes = [] }: LabelOptions,
  where: string,
): FolderLabels {
  if (asked !== undefined && asked !== 'folder') return NONE;
  const folders = new Set<string>();
  let isOneDeep = true;
  for (const key of keys) {
    const parts = key.split('/');
    if (parts.length !== 2) isOneDeep = false;
    if (parts.length > 1) folders.add(parts[0]!);
    else if (asked === 'folder') {
      throw new DataError('LABELS_FOLDER', `${where}: the image ${shown(key)} lies in no folder, so it has no label`, {
        hint: 'Leave --labels out, or put every image into the folder of its class.',
      });
    }
  }
  const known = new Set(classes);
  const unknown = [...folders].filter((folder) => !known.has(folder)).sort(compareKeys);
  const agreeing = folders.size - unknown.length;
  if (asked === undefined) return isOneDeep && agreeing > 0 ? unasked(known, agreeing, unknown) : NONE;
  if (classes.length !== folders.size || agreeing > 0) return byName();
  return byNumber([...folders].sort(compareKeys), classes);
}

function byName(): FolderLabels {
  return { labels: 'name', labelOf: firstFolder, notices: [] };
}

function byNumber(folders: readonly string[], classes: readonly string[]): FolderLabels {
  const numbers = new Map(folders.map((folder, index) => [folder, index]));
  const pairs = folders.slice(0, 3).map((folder, index) => `${shown(folder)} → ${shown(classes[index]!)}`);
  return {
    labels: 'index',
    labelOf: (key) => numbers.get(firstFolder(key)) ?? null,
    notices: [
      `Labels: the ${folders.length} folders in the order of their names are the classes: ${pairs.join(', ')}, …`,
    ],
  };
}

/** Labels where most folders are classes; says so where some are not: a misspelt one, or a new class. */
function unasked(known: ReadonlySet<string>, agreeing: number, unknown: readonly string[]): FolderLabels {
  if (unknown.length === 0) return byName();
  const names = unknown.length > 3 ? [...unknown.slice(0, 3).map(shown), '…'] : unknown.map(shown);
  const said = `${unknown.length} of ${agreeing + unknown.length} folders ${unknown.length === 1 ? 'is' : 'are'} named like no class (${names.join(', ')})`;
  if (unknown.length > agreeing) return { ...NONE, notices: [`No labels: ${said}. --labels folder takes them all.`] };
  const rest = 'images there have no label and are not in the accuracy.';
  const asNew = 'If that is a new class, all predictions there are wrong: --labels folder counts them so.';
  return {
    labels: 'name',
    labelOf: (key) => (known.has(firstFolder(key)) ? firstFolder(key) : null),
    notices: [`Labels: ${said}: ${rest} ${asNew}`],
  };
}

function firstFolder(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

/** What `folderLabels` has to see of all keys: one of each folder, and what is not in one folder. */
export class FolderKeys {
  readonly #options: LabelOptions;
  readonly #kept = new Map<string, string>();

  constructor(options: LabelOptions) {
    this.#options = options;
  }

  add(key: string): void {
    const { labels } = this.#options;
    if (labels !== undefined && labels !== 'folder') return;
    // Unasked, one image that does not lie in one folder is enough to know.
    if (labels === undefined && this.#kept.has('')) return;
    const end = key.indexOf('/');
    const isOneDeep = end >= 0 && key.indexOf('/', end + 1) < 0;
    const kind = isOneDeep || (labels !== undefined && end >= 0) ? key.slice(0, end + 1) : '';
    const kept = this.#kept.get(kind);
    // The first one of those that lie in no folder is told.
    if (kept === undefined || (kind === '' && compareKeys(key, kept) < 0)) this.#kept.set(kind, key);
  }

  labels(where: string): FolderLabels {
    return folderLabels(this.#kept.values(), this.#options, where);
  }
}
