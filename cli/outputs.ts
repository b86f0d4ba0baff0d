/** Output files. No command writes over what it reads, nor twice to one file: found out before the work. */
import { readFile, stat } from 'node:fs/promises';
import { entryAt, identityOf, join, listFolder, resolve } from '#platform';
import type { Inspection } from '../pipeline/inspect/index.js';
import { say } from './output.js';
import { UsageError } from './usage-error.js';

interface Named {
  flag: string;
  path: string;
  /** Device and inode, which links and other spellings of a path share; null where there is nothing yet. */
  identity: string | null;
  isFolder: boolean;
}

/** Disks of these systems usually take `A.parquet` and `a.parquet` for one name. */
const IGNORES_CASE = ['win32', 'darwin'].includes(process.platform);

/** @param inputs files that are read, or folders with files directly in them @param outputs files that are written */
export async function refuseOverwriting(
  args: Readonly<Record<string, unknown>>,
  inputs: readonly string[],
  outputs: readonly string[],
  ignoresCase = IGNORES_CASE,
): Promise<void> {
  const written = await identified(args, outputs);
  refuseTwice(written, ignoresCase);
  const present = written.filter(({ identity }) => identity !== null);
  if (present.length === 0) return;
  for (const input of await identified(args, inputs)) {
    const parts = new Set([input.identity, ...(await contents(input))]);
    const clash = present.find(({ identity, isFolder }) => !(isFolder && input.isFolder) && parts.has(identity));
    if (clash === undefined) continue;
    const message = `${name(clash.flag)} ${clash.path}: is what ${name(input.flag)} ${input.path} is read from`;
    throw new UsageError(message, 'It would be replaced while it is read. Give the output another name.');
  }
}

/** Whether the files can be made where they are asked for. @throws FileError */
export async function checkPlaces(args: Readonly<Record<string, unknown>>, flags: readonly string[]): Promise<void> {
  const paths = flags.map((flag) => args[flag]).filter((path) => typeof path === 'string');
  if (paths.length === 0) return;
  const { checkOutputPlace } = await import('../files/index.js');
  for (const path of paths) await checkOutputPlace(path);
}

function refuseTwice(written: readonly Named[], ignoresCase: boolean): void {
  const seen = new Map<string, Named>();
  for (const one of written) {
    const path = resolve(one.path);
    const key = one.identity ?? (ignoresCase ? path.toLowerCase() : path);
    const before = seen.get(key);
    if (before)
      throw new UsageError(
        `${name(before.flag)} and ${name(one.flag)} are both ${one.path}`,
        'Give one of them another name.',
      );
    seen.set(key, one);
  }
}

async function identified(args: Readonly<Record<string, unknown>>, flags: readonly string[]): Promise<Named[]> {
  const paths = flags.flatMap((flag) =>
    [args[flag]].flat().flatMap((path) => (typeof path === 'string' ? [{ flag, path }] : [])),
  );
  return Promise.all(
    paths.map(async ({ flag, path }) => {
      const [identity, entry] = await Promise.all([identityOf(path).catch(() => null), entryAt(path)]);
      return { flag, path, identity, isFolder: entry?.kind === 'folder' };
    }),
  );
}

async function contents({ path, isFolder }: Named): Promise<string[]> {
  if (!isFolder) return [];
  const entries = await listFolder(path).catch(() => []);
  const found = await Promise.all(entries.map(({ name }) => identityOf(join(path, name)).catch(() => null)));
  return found.filter((identity) => identity !== null);
}

/** The file appears whole or not at all. @throws FileError */
export async function writeText(path: string, text: string): Promise<void> {
  const { writeFileAtomically } = await import('../files/index.js');
  await writeFileAtomically(path, (file) => file.write(new TextEncoder().encode(text)));
}

/** Whether the file is there with this text. */
async function holds(path: string, text: string): Promise<boolean> {
  const size = (await stat(path).catch(() => null))?.size;
  return size === Buffer.byteLength(text) && (await readFile(path, 'utf8')) === text;
}

/** What a product is. */
export interface Product {
  /** `events of 1,000 rows, weights 0f3c…, of 2026-11-23 10:00`. */
  words: string;
  weightsSha256: string | null;
}

/** What an output would replace; null where there is nothing. @param kind for what is none of our products */
export async function productAt(path: string, kind: string): Promise<Product | null> {
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  const { inspect } = await import('../pipeline/inspect/index.js');
  const { words, weights } = await inspect(path).then(productWords, () => ({
    words: `a ${found.isDirectory() ? 'folder' : 'file'} that is not ${kind}`,
    weights: null,
  }));
  const date = found.mtime.toISOString().slice(0, 16).replace('T', ' ');
  return { words: `${words}, of ${date}`, weightsSha256: weights };
}

function productWords(one: Inspection): { words: string; weights: string | null } {
  if (one.kind === 'weights') return { words: `weights ${one.sha256.slice(0, 12)}`, weights: one.sha256 };
  if (one.kind !== 'events' && one.kind !== 'profile') return { words: `a file of kind ${one.kind}`, weights: null };
  const { kind, rows, weights_sha256: weights } = one;
  const count = rows === null ? '' : ` of ${rows.toLocaleString('en')} rows`;
  const made = weights === null ? 'not known' : weights.slice(0, 12);
  return { words: `${kind === 'profile' ? 'a profile' : 'events'}${count}, weights ${made}`, weights };
}

/**
 * A product takes minutes, and others refer to it: a default name is not replaced by one of other weights.
 * @throws FileError `OUTPUT_IS_OTHER`
 */
export async function refuseOtherWeights(path: string, kind: string, weightsSha256: string | null): Promise<void> {
  const there = await productAt(path, kind);
  if (there !== null && there.weightsSha256 !== weightsSha256) throw await isOther(path, there);
}

async function isOther(path: string, { words }: Product): Promise<Error> {
  const { FileError } = await import('../files/index.js');
  const hint = 'Give --out another name, or move the old one away.';
  return new FileError('OUTPUT_IS_OTHER', `${path}: is ${words}, and the new one is another`, { hint });
}

/**
 * A default name replaces only the same profile; a name that is given replaces any, and says which.
 * @throws FileError `OUTPUT_IS_OTHER`
 */
export async function writeProfileText(
  path: string,
  text: string,
  { isNamed, quiet }: { isNamed: boolean; quiet: boolean },
): Promise<void> {
  const there = (await holds(path, text)) ? null : await productAt(path, 'a profile');
  if (there !== null && !isNamed) throw await isOther(path, there);
  await writeText(path, text);
  sayReplaced((text) => say(quiet, text), path, there);
}

export function sayReplaced(notice: (text: string) => void, path: string, there: Product | null): void {
  if (there !== null) notice(`${path}: replaces ${there.words}.`);
}

/** Files in which a person writes are made, never replaced. @returns those that are missing @throws FileError `OUTPUT_IS_OTHER` */
export async function missingFiles(files: readonly { path: string; text: string }[]): Promise<typeof files> {
  const missing: { path: string; text: string }[] = [];
  for (const file of files) {
    if ((await stat(file.path).catch(() => null)) === null) missing.push(file);
    else if (!(await holds(file.path, file.text))) {
      const { FileError } = await import('../files/index.js');
      throw new FileError('OUTPUT_IS_OTHER', `${file.path}: is there with something else in it, and is not replaced`, {
        hint: 'Give the new file another name, or move the old one away.',
      });
    }
  }
  return missing;
}

function name(flag: string): string {
  return POSITIONALS.includes(flag) ? flag.toUpperCase() : `--${flag}`;
}

const POSITIONALS: readonly string[] = ['input', 'events', 'checkpoint', 'profiles', 'path'];
