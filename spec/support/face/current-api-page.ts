/** Prints docs/api.md from the built declarations. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../paths.js';
import { apiPage } from './api-page.js';
import { type FaceGroup, readFace } from './read-face.js';

export const apiPagePath = join(packageRoot, 'docs/api.md');

export function currentFace(): FaceGroup[] {
  return readFace(join(packageRoot, 'dist'));
}

export function currentApiPage(face: readonly FaceGroup[] = currentFace()): string {
  const { exports } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { exports: object };
  const paths = Object.keys(exports).filter((path) => path !== '.' && path !== './package.json');
  return apiPage(
    face,
    paths.map((path) => `image-drift${path.slice(1)}`),
  );
}
