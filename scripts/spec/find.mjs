/** Finds the spec files, reads their markers, and sorts them for the run. */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The folders of the specs, the folders where they are built, and the prefixes of their names. */
const PLACES = [
  { sources: 'spec', built: 'dist/spec', prefix: '' },
  { sources: 'fiddler/emulator/spec', built: 'fiddler/emulator/dist/spec', prefix: 'image-drift-emulator/' },
];
/** How long each file took the last time. It lies in dist/, so every checkout has its own. */
const secondsFile = join(root, 'dist', 'spec', 'seconds.json');
const SUFFIX = '.spec.ts';
/**
 * A spec says in its opening comment that it needs a process or a machine for itself, or that it takes long, and why.
 * Others have long tests.
 */
const MARKERS = {
  fresh: /^\s*(?:\/\/|\/?\*\*?) ?@fresh: \S/m,
  alone: /^\s*(?:\/\/|\/?\*\*?) ?@alone: \S/m,
  long: /^\s*(?:\/\/|\/?\*\*?) ?@long: \S/m,
  longTests: /\blongTest\(/,
};

/**
 * The specs with one of `paths` in their path, and none of `exceptions`. If `paths` is empty: all others. They are
 * found by their sources, so a stale file in dist/ never runs.
 */
export function findSpecs(paths, exceptions) {
  const within = (name, parts) => parts.some((part) => `${name}${SUFFIX}`.includes(part));
  const asNamed = paths.map((path) => path.replace(/^(\.\/)?(dist\/)?spec\//, '').replace(/\.spec\.js$/, SUFFIX));
  return PLACES.flatMap(specsOf)
    .filter(({ name }) => (asNamed.length === 0 || within(name, asNamed)) && !within(name, exceptions))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function specsOf({ sources, built, prefix }) {
  return readdirSync(join(root, sources), { recursive: true })
    .filter((path) => path.endsWith(SUFFIX))
    .map((path) => ({
      name: prefix + path.slice(0, -SUFFIX.length).replaceAll(sep, '/'),
      file: join(root, built, path.replace(/\.ts$/, '.js')),
      ...factsOf(join(root, sources, path)),
    }));
}

function factsOf(source) {
  const text = readFileSync(source, 'utf8');
  const markers = Object.entries(MARKERS).map(([name, pattern]) => [name, pattern.test(text)]);
  return { bytes: text.length, ...Object.fromEntries(markers) };
}

function knownSeconds() {
  return existsSync(secondsFile) ? JSON.parse(readFileSync(secondsFile, 'utf8')) : {};
}

/**
 * The long specs first, so that none of them is left for the end. Those that never ran here go before the others, by the
 * size of their text.
 */
export function byLength(specs) {
  const seconds = knownSeconds();
  const isNew = ({ name }) => Number(!(name in seconds));
  return [...specs].sort(
    (a, b) => isNew(b) - isNew(a) || (seconds[b.name] ?? 0) - (seconds[a.name] ?? 0) || b.bytes - a.bytes,
  );
}

/** Keeps the times of files that passed for the next run. */
export function rememberSeconds(results) {
  const seconds = knownSeconds();
  for (const { name, failure, wall } of results) if (failure === null) seconds[name] = Number(wall.toFixed(1));
  // Two runs may end at once: each writes a whole file.
  const partial = `${secondsFile}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(seconds, null, 1)}\n`);
  renameSync(partial, secondsFile);
}
