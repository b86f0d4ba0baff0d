/** Names of tensors come from the file and end up in messages, file formats and terminals. */

import { quoted } from '../../errors/index.js';
import { ConvertError } from '../convert-error.js';

/** As in the weights format; PyTorch module paths are tens of characters long. */
const MAX_NAME_LENGTH = 512;

/** @throws ConvertError `TENSOR_NAME` for a name that is empty, long, or holds control characters */
export function checkTensorName(name: string, label: string): void {
  if (name !== '' && name.length <= MAX_NAME_LENGTH && !/\p{Cc}/u.test(name)) return;
  throw new ConvertError('TENSOR_NAME', `${label}: ${quoted(name.slice(0, 40))} is no name for a tensor`);
}
