/** Checks tensor names, which come from the file and appear in messages, file formats and terminals. */

import { quoted } from '../../base/index.js';
import { ConvertError } from '../convert-error.js';

/** The weights format has the same limit. PyTorch module paths have tens of characters. */
const MAX_NAME_LENGTH = 512;

/** @throws ConvertError `TENSOR_NAME` if the name is empty, too long or contains control characters */
export function checkTensorName(name: string, label: string): void {
  if (name !== '' && name.length <= MAX_NAME_LENGTH && !/\p{Cc}/u.test(name)) return;
  throw new ConvertError('TENSOR_NAME', `${label}: ${quoted(name.slice(0, 40))} is not a name for a tensor`);
}
