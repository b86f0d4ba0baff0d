/** Additions to the tree, kept as data: new files, and text inserted into existing files. */
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, posix, relative } from 'node:path';
import { fixtures, packageRoot } from './places.js';
import { FOLDERS_APART } from './walls.js';

/** Text inserted before or after a place that occurs once in a file. */
interface Line {
  file: string;
  at: string;
  before?: string;
  after?: string;
}

export interface Addition {
  /** What is added: `operation`, `backend`, `method`, `family` or `format`. */
  kind: string;
  name: string;
  /** Folder with the new files, each at its path in the tree. */
  folder: string;
  newFiles: string[];
  lines: Line[];
}

const ROOT = join(fixtures, 'additions');
/** Folder of programs that use the additions, one for each kind. */
const TRIES = 'try';
const LINES = 'lines.json';
const SOURCE = /\.(ts|jsonl?|txt)$/;

export function readAdditions(): Addition[] {
  const kinds = readdirSync(ROOT).filter((kind) => kind !== TRIES);
  return kinds.sort().map((kind) => {
    const folder = join(ROOT, kind);
    const { name, lines }: { name: string; lines: Line[] } = JSON.parse(readFileSync(join(folder, LINES), 'utf8'));
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const newFiles = files
      .map((entry) => posix.join(posix.relative(folder, entry.parentPath), entry.name))
      .filter((path) => path !== LINES);
    return { kind, name, folder, newFiles: newFiles.sort(), lines };
  });
}

/** The rooms of the core package. The emulator is a separate package. */
export function copiedRooms(): string[] {
  return readConfig().include.filter((path) => !path.includes('*'));
}

function readConfig(): { compilerOptions: object; include: string[] } {
  return JSON.parse(readFileSync(join(packageRoot, 'tsconfig.json'), 'utf8'));
}

/** Copies the rooms' sources and built files, ready to compile with the programs that try the additions. */
export function copyTree(to: string): void {
  const config = readConfig();
  for (const room of copiedRooms()) copy(room, to, SOURCE);
  copy('dist', to, /\.wasm$/);
  for (const file of ['index.ts', 'package.json', 'docs/design.md']) cpSync(join(packageRoot, file), join(to, file));
  symlinkSync(join(packageRoot, 'node_modules'), join(to, 'node_modules'));
  cpSync(join(ROOT, TRIES), join(to, TRIES), { recursive: true });
  const compilerOptions = { ...config.compilerOptions, composite: false, sourceMap: false };
  writeFileSync(
    join(to, 'tsconfig.json'),
    JSON.stringify({ ...config, compilerOptions, include: [...config.include, TRIES] }),
  );
}

function copy(folder: string, to: string, names: RegExp): void {
  const root = join(packageRoot, folder);
  const isApart = (path: string) => folder !== 'dist' && FOLDERS_APART.test(relative(packageRoot, path));
  cpSync(root, join(to, folder), {
    recursive: true,
    filter: (path) => path === root || (statSync(path).isDirectory() ? !isApart(path) : names.test(basename(path))),
  });
}

/** @throws Error if a line has no place in the file, or more than one */
export function add({ folder, newFiles, lines }: Addition, tree: string): void {
  for (const path of newFiles) {
    mkdirSync(join(tree, path, '..'), { recursive: true });
    cpSync(join(folder, path), join(tree, path), { errorOnExist: true, force: false });
  }
  for (const { file, at, before = '', after = '' } of lines) {
    const parts = readFileSync(join(tree, file), 'utf8').split(at);
    if (parts.length !== 2) throw new Error(`${file} has ${JSON.stringify(at)} ${parts.length - 1} times, not once`);
    writeFileSync(join(tree, file), parts.join(before + at + after));
  }
}
