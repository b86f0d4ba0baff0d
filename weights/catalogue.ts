/** The models that come with the package. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../errors/index.js';
import { WeightsError } from './weights-error.js';

export interface BundledModel {
  name: string;
  /** One line, for a person. */
  summary: string;
  licence: string;
  /** Folder that `readWeights` takes. */
  folder: string;
}

/** Compiled, this file lies in `dist/weights/`, two folders below the package's root. */
const WEIGHTS_FOLDER = fileURLToPath(new URL('../../weights/', import.meta.url));

export const bundledModels: readonly BundledModel[] = [
  {
    name: 'fashion-mnist-resnet18',
    summary: 'ResNet-18, head 512-128-10, 4 epochs of Fashion-MNIST padded to 32×32; tap fc.0, 128 values',
    licence: 'MIT (Fashion-MNIST, Zalando SE)',
    folder: join(WEIGHTS_FOLDER, 'fashion-mnist-resnet18'),
  },
];

/**
 * Where the weights are that a person names: a folder, or the name of a bundled model.
 * @throws WeightsError `WEIGHTS_NOT_FOUND`
 */
export function weightsFolder(nameOrFolder: string): string {
  const bundled = bundledModels.find(({ name }) => name === nameOrFolder);
  if (bundled && !existsSync(nameOrFolder)) return bundled.folder;
  if (existsSync(nameOrFolder)) return nameOrFolder;
  const names = bundledModels.map(({ name }) => name);
  const meant = nearest(nameOrFolder, names);
  throw new WeightsError(
    'WEIGHTS_NOT_FOUND',
    `${nameOrFolder}: no such folder, and no model of that name comes along`,
    {
      hint: meant ? `Did you mean ${meant}?` : `Make one with image-drift convert; bundled is ${names.join(', ')}.`,
    },
  );
}
