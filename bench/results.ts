/** Benchmark results are data: rows appended to a CSV in `bench/results/`, one row a machine and engine. */
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Compiled, this file lies in `dist/bench/`. */
const RESULTS = fileURLToPath(new URL('../../bench/results', import.meta.url));

/**
 * @returns the file's path
 * @throws Error when the file has other columns
 */
export async function appendResults(name: string, rows: readonly Record<string, string | number>[]): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const path = join(RESULTS, name);
  const lines = rows.map((row) => Object.values(row).map(cell).join(','));
  const header = Object.keys(rows[0] ?? {}).join(',');
  const present = existsSync(path) ? readFileSync(path, 'utf8').split('\n', 1)[0] : null;
  if (present !== null && present !== header) throw new Error(`${name} has the columns ${present}, not ${header}`);
  await appendFile(path, `${present === null ? `${header}\n` : ''}${lines.join('\n')}\n`);
  return path;
}

/** The rows that runs have appended, by names of the columns. */
export function readResults(name: string): Record<string, string>[] {
  const [header, ...lines] = readFileSync(join(RESULTS, name), 'utf8').trimEnd().split('\n');
  const names = valuesOf(header!);
  return lines.map((line) => Object.fromEntries(valuesOf(line).map((value, i) => [names[i]!, value])));
}

/** Those of one line. */
function valuesOf(line: string): string[] {
  return [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => {
    return quoted?.replaceAll('""', '"') ?? plain!;
  });
}

/** Replaces the rows of the previous run, for measurements that do not depend on the machine. */
export async function writeResults(name: string, rows: readonly Record<string, string | number>[]): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const path = join(RESULTS, name);
  const lines = [Object.keys(rows[0] ?? {}), ...rows.map(Object.values)].map((line) => line.map(cell).join(','));
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

/**
 * Puts one row in place of an earlier one, for measurements that take hours and are made in parts.
 * @param key how many of the first columns say what was measured
 * @throws Error when the file has other columns
 */
export async function replaceResult(name: string, row: Record<string, string | number>, key: number): Promise<string> {
  const path = join(RESULTS, name);
  const start = `${Object.values(row).slice(0, key).map(cell).join(',')},`;
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  const others = lines.filter((line) => !line.startsWith(start));
  if (others.length < lines.length) await writeFile(path, `${others.join('\n')}\n`);
  return appendResults(name, [row]);
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
