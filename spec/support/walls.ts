/** The rooms' imports beside docs/design.md's two tables. Texts come by path, so a spec can plant one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Room → the rooms that it may import. A room in another one, such as `files/download`, has a row of its own. */
export type RoomTable = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Room or folder → its folders by level, from the ground up. A file directly in it has its own name's level, else that
 * of `files`, else one above all folders. Its index.ts is above all.
 */
export type LevelTable = ReadonlyMap<string, readonly (readonly string[])[]>;

export interface Walls {
  rooms: RoomTable;
  levels: LevelTable;
  /** Folders that use `#platform` instead of Node; those of `except` are inside them. */
  neutral: { folders: readonly string[]; except: readonly string[] };
}

/** Path from the root of the repository → text. */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  from: string;
  to: string;
  /** Whether it is imported by the name of a package of this repository. */
  named: boolean;
}

/** The room that is a separate package; the other rooms are the package `image-drift`. */
const PACKAGE_APART = 'fiddler/emulator';

/** Entries of the package whose name is not their folder. */
const NAMED_OTHERWISE = new Map([
  ['fiddler', 'fiddler/client'],
  ['publish', 'fiddler/publish'],
]);

/** Folders whose sources run elsewhere, or are not sources of the rooms. */
export const FOLDERS_APART = /(^|\/)(assembly|(report|page)\/client|node_modules|fixtures|dist)(\/|$)/;
/** Stands for every room of the core in the column of rooms that may be imported. */
const ALL = 'all but fiddler/emulator';
/** Stands for the files directly in a room, except its index.ts, in the order inside a room. */
const FILES = 'files';

/** @param markdown docs/design.md, with a table under `## The rooms` and one under `## Inside the rooms` */
export function readWalls(markdown: string): Walls {
  const rooms = new Map<string, Set<string>>();
  for (const [room, , allowed] of tableUnder(markdown, '## The rooms')) {
    rooms.set(folderName(room!), new Set(allowed === 'nothing' ? [] : allowed!.split(/, */)));
  }
  const core = [...rooms.keys()].filter((room) => room !== PACKAGE_APART);
  for (const allowed of rooms.values()) if (allowed.has(ALL)) for (const room of core) allowed.add(room);
  const levels = new Map<string, string[][]>();
  for (const [folder, order] of tableUnder(markdown, '## Inside the rooms')) {
    const steps = order!.split('→').map((step) => step.trim().split(/[ ,]+/).map(folderName));
    levels.set(folderName(folder!), steps);
  }
  return { rooms, levels, neutral: neutralRooms(markdown) };
}

function neutralRooms(markdown: string): Walls['neutral'] {
  const [folders = [], except = []] = (/only `#platform`: ([^.]*(?:\.ts[^.]*)*)\./.exec(markdown)?.[1] ?? '')
    .split('; not ')
    .map((list) => Array.from(list.matchAll(/`([^`]+)`/g), ([, name]) => name!));
  return { folders, except };
}

function tableUnder(markdown: string, heading: string): string[][] {
  const section = markdown.split(`${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  if (rows.length === 0) throw new Error(`docs/design.md: no table under "${heading}"`);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** `` `engine/` `` → `engine`. */
function folderName(cell: string): string {
  return cell.replaceAll('`', '').replace(/\/$/, '');
}

/** The TypeScript and JavaScript sources of the rooms, without what runs in browsers or is compiled to WebAssembly. */
export function readSources(root: string, rooms: Iterable<string>): Map<string, string> {
  const sources = new Map<string, string>();
  for (const room of rooms) {
    for (const entry of readdirSync(join(root, room), { recursive: true, withFileTypes: true })) {
      const folder = posix.relative(root, entry.parentPath);
      if (!/\.(ts|mjs)$/.test(entry.name) || FOLDERS_APART.test(folder)) continue;
      const path = posix.join(folder, entry.name);
      sources.set(path, readFileSync(join(root, path), 'utf8'));
    }
  }
  return sources;
}

/** One sentence for each broken rule; empty if the tree keeps to the walls. */
export function brokenWalls(sources: Sources, { rooms, levels, neutral }: Walls): string[] {
  const imports = allImports(sources);
  const roomOf = roomFinder(rooms);
  return [
    ...imports.flatMap((one) => betweenPackages(one, roomOf)),
    ...imports.flatMap((one) => betweenRooms(one, rooms, roomOf)),
    ...imports.flatMap((one) => insideRooms(one, levels)),
    ...knowingNode(sources, neutral),
    ...leftToEngines(sources, neutral),
    ...awaiting(sources),
    ...reachingOut(sources),
    ...unlistedFolders(sources, levels, roomOf),
    ...circles(imports).map((circle) => `circle: ${circle.join(' → ')}`),
  ];
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$|\s\/\/ .*$/gm, '');
}

const OF_NODE = /'node:[^']*'|(?<!-)\bprocess\.\w+|\bBuffer\b/;

function knowingNode(sources: Sources, { folders, except }: Walls['neutral']): string[] {
  const isIn = (path: string, places: readonly string[]) => places.some((place) => path.startsWith(place));
  return [...sources].flatMap(([path, text]) => {
    const found = isIn(path, folders) && !isIn(path, except) ? OF_NODE.exec(withoutComments(text)) : null;
    return found === null ? [] : [`${path} has ${found[0]}: its room only knows #platform`];
  });
}

const LEFT_TO_ENGINES =
  /\bMath\.(?:a?(?:sin|cos|tan)h?|atan2|cbrt|exp|expm1|hypot|log|log10|log1p|log2|pow)\b|(?<!(?<![\w.])2 )\*\*=? (?!2\b(?!\.)).*/;

/** Functions whose last digit differs between engines; squares and powers of two do not. */
function leftToEngines(sources: Sources, { folders }: Walls['neutral']): string[] {
  return [...sources].flatMap(([path, text]) => {
    if (![...folders, 'pipeline/'].some((folder) => path.startsWith(folder)) || path.startsWith('base/math/'))
      return [];
    const found = LEFT_TO_ENGINES.exec(withoutComments(text));
    return found === null ? [] : [`${path} has ${found[0]}: its last digit depends on the engine, base/math has it`];
  });
}

const AWAITS = /^(?:await |(?:export )?(?:const|let) (?!.*\basync\b).*\bawait |(?:if|for|try)\b.*\bawait )/m;
/** TensorFlow.js is looked for before anything else of its engines. */
const MAY_AWAIT = 'engine/backends/tfjs/global-engine.ts';

/** V8 ends the process if a thread is ended while it evaluates such a module (denoland/deno#12930 is the same). */
function awaiting(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) => {
    if (path === MAY_AWAIT) return [];
    const found = AWAITS.exec(withoutComments(text));
    return found === null ? [] : [`${path} awaits outside of functions: a thread that is ended there ends the process`];
  });
}

const WAYS_OUT =
  /'node:(?:https?|http2|net|tls|dns|dgram|child_process)(?:\/promises)?'|'undici'|'@aws-sdk\/|(?<![.#\w])fetch\(|globalThis\.fetch|new (?:WebSocket|XMLHttpRequest)\b/;
/** Files that may reach out, and how they ask `base/offline.ts`; null for a server, a page, or a child of this machine. */
const MAY_REACH_OUT: ReadonlyMap<string, RegExp | null> = new Map([
  ['fiddler/client/exchange.ts', /mayConnect\(/],
  ['files/download/connections.ts', /mayConnect\(/],
  ['files/download/request-file.ts', /connections\.to\(/],
  ['files/download/hub/ask-hub.ts', /connections\.to\(/],
  ['files/download/s3/sdk.ts', /mayConnect\(/],
  ['pipeline/monitor/notify.ts', /mayConnect\(/],
  ['pipeline/scale/submit.ts', /refuseConnection\(/],
  // Its dispatcher is used by exchange.ts alone.
  ['fiddler/client/server-url.ts', null],
  ...['cli/page.ts', 'page/run/given.ts'].map((path) => [path, null] as const),
  ...['platform/node/apart.ts', 'platform/node/v8.ts', 'files/system/run-lock.ts'].map((path) => [path, null] as const),
]);

function reachingOut(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) => {
    const code = withoutComments(text).replace(/^import type [^;]*;/gm, '');
    const found = WAYS_OUT.exec(code);
    if (found === null) return [];
    const asks = MAY_REACH_OUT.get(path);
    if (asks === undefined) return [`${path} has ${found[0]}: --offline does not know this way out (base/offline.ts)`];
    return asks?.test(code) === false ? [`${path} reaches out without asking base/offline.ts`] : [];
  });
}

/** Includes imports of types. Imports in comments do not count. */
function allImports(sources: Sources): Import[] {
  const found: Import[] = [];
  for (const [from, text] of sources) {
    const code = withoutComments(text);
    for (const [, specifier] of code.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'((?:\.{1,2}\/|image-drift)[^']*)'/g)) {
      const named = !specifier!.startsWith('.');
      found.push({ from, to: named ? namedFile(specifier!) : relativeFile(from, specifier!), named });
    }
  }
  return found;
}

function relativeFile(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** `image-drift/data` → `data/index.ts`. */
function namedFile(specifier: string): string {
  const [name, ...rooms] = specifier.split('/');
  if (name !== 'image-drift') return `${PACKAGE_APART}/index.ts`;
  const room = rooms.join('/');
  return posix.join(NAMED_OTHERWISE.get(room) ?? room, 'index.ts');
}

type RoomOf = (path: string) => string;

/** A file is in the innermost of rooms in each other. Outside all rooms, its first folder counts as one. */
function roomFinder(rooms: RoomTable): RoomOf {
  const innermostFirst = [...rooms.keys()].sort((a, b) => b.length - a.length);
  return (path) => innermostFirst.find((room) => path.startsWith(`${room}/`)) ?? path.split('/')[0]!;
}

function betweenPackages({ from, to, named }: Import, roomOf: RoomOf): string[] {
  const crosses = (roomOf(from) === PACKAGE_APART) !== (roomOf(to) === PACKAGE_APART);
  if (crosses === named) return [];
  const rule = crosses ? 'another package is imported by its name' : 'a package does not import itself by its name';
  return [`${from} imports ${to}: ${rule}`];
}

function betweenRooms({ from, to, named }: Import, rooms: RoomTable, roomOf: RoomOf): string[] {
  const [room, other] = [roomOf(from), roomOf(to)];
  if (room === other || !(rooms.has(other) || named)) return [];
  if (!rooms.get(room)?.has(other)) return [`${from} imports ${to}: ${room}/ may not import ${other}/`];
  return to.endsWith('/index.ts') ? [] : [`${from} imports ${to}: another room is entered by an index.ts`];
}

function insideRooms({ from, to }: Import, levels: LevelTable): string[] {
  const broken: string[] = [];
  for (const [folder, steps] of levels) {
    if (!from.startsWith(`${folder}/`) || !to.startsWith(`${folder}/`)) continue;
    const [inner, other] = [childOf(folder, from), childOf(folder, to)];
    // Files in one folder may import each other. Only a circle among them is wrong.
    if (inner === other || (isFile(inner) && isFile(other))) continue;
    if (levelOf(steps, inner) <= levelOf(steps, other)) {
      broken.push(`${from} imports ${to}: in ${folder}/, ${inner} is not above ${other}`);
    }
  }
  return broken;
}

/** The folder in `folder` that contains the file, or the file's own name if it is directly in `folder`. */
function childOf(folder: string, path: string): string {
  return path.slice(folder.length + 1).split('/')[0]!;
}

function isFile(child: string): boolean {
  return child.includes('.');
}

/** -1 for a folder that no step names. */
function levelOf(steps: readonly (readonly string[])[], child: string): number {
  const named = steps.findIndex((step) => step.includes(child));
  if (named >= 0 || !isFile(child)) return named;
  const files = child === 'index.ts' ? -1 : steps.findIndex((step) => step.includes(FILES));
  return files < 0 ? steps.length : files;
}

function unlistedFolders(sources: Sources, levels: LevelTable, roomOf: RoomOf): string[] {
  const broken = new Set<string>();
  for (const path of sources.keys()) {
    for (const [folder, steps] of levels) {
      const child = path.startsWith(`${folder}/`) ? childOf(folder, path) : '';
      if (child !== '' && levelOf(steps, child) < 0) broken.add(`${folder}/${child}/ is not in docs/design.md`);
    }
    const room = roomOf(path);
    const [child, ...rest] = path.slice(room.length + 1).split('/');
    if (rest.length > 0 && !levels.has(room))
      broken.add(`${room}/${child}/: ${room}/ has no row in "Inside the rooms"`);
  }
  return [...broken];
}

/** Files that import each other, directly or by way of others (Tarjan's strongly connected components). */
function circles(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    low.set(file, order.get(file)!);
    stack.push(file);
    for (const other of next.get(file) ?? []) {
      if (!order.has(other)) visit(other);
      if (stack.includes(other)) low.set(file, Math.min(low.get(file)!, low.get(other)!));
    }
    if (low.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle.reverse());
  };
  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return found;
}
