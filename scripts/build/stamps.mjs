/**
 * The files that each step of the build read and wrote the last time, by content. A step runs again only if something
 * differs: a source, its tool, its settings, or an output that something else has changed since.
 *
 * The stamps lie in `dist/` beside the outputs, so `rm -rf dist` deletes both.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FILE = 'dist/.build.json';

export class Stamps {
  #root;
  /** Name of a step → `{ key, files: { path: digest }, wrote: [path] }`; `key` is null if it was cut off or has failed. */
  #steps;

  constructor(root) {
    this.#root = root;
    this.#steps = readJson(join(root, FILE)) ?? {};
  }

  /** @param sources files that count even if the step has not read them yet: new ones */
  isFresh(name, key, sources) {
    const stamp = this.#steps[name];
    if (stamp === undefined || stamp.key !== key) return false;
    if (sources.some((path) => !Object.hasOwn(stamp.files, path))) return false;
    return Object.entries(stamp.files).every(([path, digest]) => this.#digest(path) === digest);
  }

  /** Files that the step wrote the last time. */
  outputs(name) {
    return this.#steps[name]?.wrote ?? [];
  }

  /** True if the step has run, and its outputs have not changed since. */
  hasIntactOutputs(name) {
    const stamp = this.#steps[name];
    return stamp?.wrote.every((path) => this.#digest(path) === stamp.files[path]) ?? false;
  }

  /** Called before a step runs, so that a step that is cut off does not count as done. */
  begin(name) {
    if (this.#steps[name] === undefined) return;
    this.#steps[name].key = null;
    this.#save();
  }

  /** Drops the stamps of all other steps, and gives the files that they wrote. */
  forgetOthers(names) {
    const others = Object.keys(this.#steps).filter((name) => !names.includes(name));
    const files = others.flatMap((name) => this.outputs(name));
    for (const name of others) delete this.#steps[name];
    if (others.length > 0) this.#save();
    return files;
  }

  /** @param key null if the step has failed */
  remember(name, key, read, wrote) {
    const files = Object.fromEntries(
      [...new Set([...read, ...wrote])].sort().map((path) => [path, this.#digest(path)]),
    );
    const missing = wrote.filter((path) => files[path] === null);
    if (key !== null && missing.length > 0) throw new Error(`${name} did not write ${missing.join(', ')}`);
    this.#steps[name] = { key, files, wrote: [...wrote].sort() };
    this.#save();
  }

  #save() {
    const path = join(this.#root, FILE);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(this.#steps));
  }

  /** Null if the file does not exist. */
  #digest(path) {
    try {
      return digestOf(readFileSync(join(this.#root, path)));
    } catch {
      return null;
    }
  }
}

export function digestOf(content) {
  return createHash('sha256').update(content).digest('base64url').slice(0, 22);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
