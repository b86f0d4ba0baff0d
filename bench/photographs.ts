/** Photographs to measure with, fetched from the registry. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const PHOTOS = '@vladmandic/face-api@1.7.15';

/** @returns a folder of photographs, in the given one */
export function photographsOf(folder: string): string {
  const name = execFileSync('npm', ['pack', PHOTOS, '--silent'], { cwd: folder, encoding: 'utf8' }).trim();
  execFileSync('tar', ['xzf', name, 'package/demo'], { cwd: folder });
  return join(folder, 'package', 'demo');
}
