/** Benchmark results are data: rows appended to a CSV in `bench/results/`, one row a machine and engine. */
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Compiled, this file lies in `dist/bench/`. */
const RESULTS = fileURLToPath(new URL('../../bench/results', import.meta.url));

type Cells = Record<string, string | number>;

/** @returns the file's path @throws Error when the file has other columns */
export async function appendResults(name: string, rows: readonly Cells[]): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const path = join(RESULTS, name);
  const header = Object.keys(rows[0] ?? {}).join(',');
  const present = existsSync(path) ? readFileSync(path, 'utf8').split('\n', 1)[0] : null;
  if (present !== null && present !== header) throw new Error(`${name} has the columns ${present}, not ${header}`);
  await appendFile(path, `${present === null ? `${header}\n` : ''}${rows.map(lineOf).join('\n')}\n`);
  return path;
}

/** The rows that runs have appended, by names of the columns. */
export function readResults(name: string): Record<string, string>[] {
  const [header, ...lines] = readFileSync(join(RESULTS, name), 'utf8').trimEnd().split('\n');
  const names = valuesOf(header!);
  return lines.map((line) => Object.fromEntries(valuesOf(line).map((value, i) => [names[i]!, value])));
}

function valuesOf(line: string): string[] {
  return [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => {
    return quoted?.replaceAll('""', '"') ?? plain!;
  });
}

/** Replaces the rows of the previous run, for measurements that do not depend on the machine. */
export async function writeResults(name: string, rows: readonly Cells[]): Promise<string> {
  await rm(join(RESULTS, name), { force: true });
  return appendResults(name, rows);
}

/**
 * Puts one row in place of an earlier one, for measurements that take hours.
 * @param key how many of the first columns say what was measured
 * @throws Error when the file has other columns
 */
export async function replaceResult(name: string, row: Cells, key: number): Promise<string> {
  const path = join(RESULTS, name);
  const start = `${Object.values(row).slice(0, key).map(cell).join(',')},`;
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  const others = lines.filter((line) => !line.startsWith(start));
  if (others.length < lines.length) await writeFile(path, `${others.join('\n')}\n`);
  return appendResults(name, [row]);
}

function lineOf(row: Cells): string {
  return Object.values(row).map(cell).join(',');
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Version of an installed package, resolved from the product or from `bench/`. */
export function packageVersion(name: string, from = import.meta.url): string {
  let folder = dirname(createRequire(from).resolve(name));
  while (!existsSync(join(folder, 'package.json')) || manifest(folder).name !== name) folder = dirname(folder);
  return manifest(folder).version;
}

function manifest(folder: string): { name: string; version: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string };
}

/** The parts of an array that came one after another, as one. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

type Flag<Default> = Default extends false ? boolean : Default extends string ? string : string | undefined;

/** The flags of a program. @param defaults a text, undefined where there is none, false for a switch */
export function flagsOf<F extends Record<string, string | false | undefined>>(defaults: F) {
  const options = Object.entries(defaults).map(([name, value]) => {
    const type = value === false ? ('boolean' as const) : ('string' as const);
    return [name, value === undefined ? { type } : { type, default: value }] as const;
  });
  return parseArgs({ options: Object.fromEntries(options) }).values as { [Name in keyof F]: Flag<F[Name]> };
}

const CELLS = fileURLToPath(new URL('../../bench/cells.json', import.meta.url));

/** The cells of a bench in `cells.json`. */
export function cellsOf<C extends { population: string }>(bench: string): readonly C[] {
  const all = JSON.parse(readFileSync(CELLS, 'utf8')) as Record<string, C[]>;
  return all[bench]!;
}
