/** What a person may say about a checkpoint. */
import type { Hints, Stem } from '../../graph/backbones/index.js';
import type { ActivationChoice } from './head.js';

/**
 * What a person says about a checkpoint.
 *
 * @example
 * ```ts
 * import type { RecogniseOptions } from 'image-drift/convert';
 *
 * // One of two copies of a network, with GELU in its head.
 * const options: RecogniseOptions = { label: 'model.pth', prefix: 'ema', headActivation: 'gelu' };
 * ```
 */
export interface RecogniseOptions {
  /**
   * torchvision's name of the backbone: then the network must be this one. Or a name with its library, which says what no
   * tensor says: `torchvision:NAME`, `timm:NAME`, `open_clip:NAME`, `transformers:TYPE`.
   */
  backbone?: string | undefined;
  /** What stands beside the tensors in a folder of Hugging Face. `backbone` goes before it. */
  hints?: Hints | undefined;
  /** What stands before the tensors of the network that is meant, if there are several. */
  prefix?: string | undefined;
  /** The module that is the head; `none`: the body alone. Default: found by itself. */
  head?: string | undefined;
  /** The activation between the Linear layers of the head; default `relu`. */
  headActivation?: ActivationChoice | undefined;
  /** Stride and pooling of the first layers, which shapes do not show. Default: by the size of the first filter. */
  stem?: Stem | undefined;
  /** Modules whose tensors are left out. */
  ignore?: readonly string[] | undefined;
  /** Whether two tensors hold the same values: copies of one network are then one. Default: never. */
  same?: ((a: string, b: string) => boolean) | undefined;
  /** File name, for messages. */
  label: string;
}
