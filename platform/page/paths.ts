/** Paths with `/`, as Node has them on Linux. The working folder is `/`. */

export const sep = '/';

export function isAbsolute(path: string): boolean {
  return path.startsWith(sep);
}

export function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split(sep)) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || !isAbsolute(path)) parts.push(part);
  }
  const joined = (isAbsolute(path) ? sep : '') + parts.join(sep);
  if (joined === sep) return sep;
  return (joined || '.') + (path.endsWith(sep) ? sep : '');
}

export function join(...parts: string[]): string {
  return normalize(parts.filter((part) => part !== '').join(sep));
}

export function resolve(...parts: string[]): string {
  const from = parts.findLastIndex(isAbsolute);
  const path = join(sep, ...(from < 0 ? parts : parts.slice(from)));
  return path.length > 1 && path.endsWith(sep) ? path.slice(0, -1) : path;
}

export function basename(path: string, suffix = ''): string {
  const name = withoutEnd(path).split(sep).at(-1)!;
  return name !== suffix && name.endsWith(suffix) ? name.slice(0, name.length - suffix.length) : name;
}

export function dirname(path: string): string {
  const own = withoutEnd(path);
  const end = own.lastIndexOf(sep);
  if (end < 0) return '.';
  return end === 0 ? sep : withoutEnd(own.slice(0, end));
}

export function extname(path: string): string {
  const name = basename(path);
  const dot = name.lastIndexOf('.');
  return dot <= 0 || name === '..' ? '' : name.slice(dot);
}

export function relative(from: string, to: string): string {
  const [way, goal] = [from, to].map((path) => resolve(path).split(sep).filter(Boolean)) as [string[], string[]];
  const differs = way.findIndex((part, i) => part !== goal[i]);
  const common = differs < 0 ? way.length : differs;
  return [...way.slice(common).map(() => '..'), ...goal.slice(common)].join(sep);
}

function withoutEnd(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') || sep : path;
}

export const posix = { normalize, join, dirname };
