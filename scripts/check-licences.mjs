#!/usr/bin/env node
/**
 * The licences of all packages that an install of image-drift brings, from package-lock.json; fails on any that a program
 * under Apache-2.0 may not be passed on with.
 */
import { readFileSync } from 'node:fs';

/** Permissive ones, after https://www.apache.org/legal/resolved.html, category A. */
const COMPATIBLE = new Set(
  '0BSD Apache-2.0 BlueOak-1.0.0 BSD-2-Clause BSD-3-Clause CC0-1.0 ISC MIT MIT-0 Python-2.0 Unlicense WTFPL Zlib'.split(
    ' ',
  ),
);

/** An SPDX expression: one of the alternatives must do, and all of what is joined by AND. */
export function isCompatible(licence) {
  const plain = licence.replace(/[()]/g, '').trim();
  return plain.split(/ OR /).some((one) => one.split(/ AND /).every((name) => COMPATIBLE.has(name.trim())));
}

const root = new URL('..', import.meta.url);
const { packages } = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8'));
const counts = new Map();
const refused = [];
for (const [path, entry] of Object.entries(packages)) {
  if (!path.startsWith('node_modules/') || entry.dev || entry.link) continue;
  const licence = entry.license ?? licenceIn(path);
  counts.set(licence, (counts.get(licence) ?? 0) + 1);
  if (!isCompatible(licence)) refused.push(`${path}: ${licence}`);
}
for (const [licence, count] of [...counts].sort(([, a], [, b]) => b - a)) console.log(`${count}\t${licence}`);
for (const line of refused) console.error(`not compatible with Apache-2.0: ${line}`);
process.exitCode = refused.length === 0 && counts.size > 0 ? 0 : 1;

/** What the package itself says, where the lock file does not. */
function licenceIn(path) {
  try {
    const { license, licenses } = JSON.parse(readFileSync(new URL(`${path}/package.json`, root), 'utf8'));
    return license?.type ?? license ?? licenses?.map(({ type }) => type).join(' OR ') ?? 'none named';
  } catch {
    return 'none named';
  }
}
