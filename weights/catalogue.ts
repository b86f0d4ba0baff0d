import { asset, assetFolder, isThereNow, utf8 } from '#platform';
import { nearest } from '../base/index.js';
import { WeightsError } from './weights-error.js';

/**
 * A model whose weights come with the package.
 *
 * @example
 * ```ts
 * import { type BundledModel, bundledModels } from 'image-drift';
 *
 * const describe = ({ name, summary, licence }: BundledModel) => `${name}: ${summary} (${licence})`;
 * console.log(bundledModels.map(describe).join('\n'));
 * ```
 */
export interface BundledModel {
  /** Name that `weightsFolder` and `--weights` take. */
  name: string;
  /** One line, for a person. */
  summary: string;
  /** Licence of the weights and of the data that they were trained on. */
  licence: string;
  /** Folder that `readWeights` takes. */
  folder: string;
}

/**
 * The models whose weights come with the package. They work offline.
 *
 * @example
 * ```ts
 * import { bundledModels, Embedder } from 'image-drift';
 *
 * const [model] = bundledModels;
 * if (model === undefined) throw new Error('no bundled model');
 * const embedder = await Embedder.load(model.folder);
 * console.log(model.name, embedder.config.classes);
 * await embedder.close();
 * ```
 */
export const bundledModels: readonly BundledModel[] = [
  {
    name: 'fashion-mnist-resnet18',
    summary: 'ResNet-18, head 512-128-10, 4 epochs of Fashion-MNIST padded to 32×32; tap fc.0, 128 values',
    licence: 'MIT (Fashion-MNIST, Zalando SE)',
    folder: assetFolder('weights/fashion-mnist-resnet18'),
  },
];

/**
 * Finds a weights folder. A folder of that name comes before a bundled model.
 *
 * @param nameOrFolder a path, or the name of a bundled model
 * @returns path of the folder, for `Embedder.load`
 * @throws WeightsError `WEIGHTS_NOT_FOUND` if there is neither
 *
 * @example
 * ```ts
 * import { Embedder, weightsFolder } from 'image-drift';
 *
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'));
 * await embedder.close();
 * ```
 */
export function weightsFolder(nameOrFolder: string): string {
  const bundled = bundledModels.find(({ name }) => name === nameOrFolder);
  if (bundled && !isThereNow(nameOrFolder)) return bundled.folder;
  if (isThereNow(nameOrFolder)) return nameOrFolder;
  const names = bundledModels.map(({ name }) => name);
  const meant = nearest(nameOrFolder, names);
  const message = `${nameOrFolder}: no such folder, and no model of that name comes along`;
  throw new WeightsError('WEIGHTS_NOT_FOUND', message, {
    hint: meant ? `Did you mean ${meant}?` : `Make one with image-drift convert; bundled is ${names.join(', ')}.`,
  });
}

/** The version of this package, which converted models and saved runs have in their provenance. */
const { name, version } = JSON.parse(utf8(asset('package.json')!)) as { name: string; version: string };

export const packageVersion = `${name} ${version}`;
