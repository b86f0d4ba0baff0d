import { CodedError } from '../../base/index.js';

/** A file with a program's outputs that cannot be used, proves nothing, or disagrees with the converted network. */
export class CheckError extends CodedError {
  override readonly name = 'CheckError';
}
