import { CodedError } from '../base/index.js';

/** A checkpoint that cannot be read, trusted, recognised or converted. */
export class ConvertError extends CodedError {
  override readonly name = 'ConvertError';
}

/**
 * What the import of ONNX's operators finds in a file of another format is a matter of that file: `ONNX_CYCLE` becomes
 * `EXPORTED_CYCLE`, for instance.
 *
 * @param prefix of the codes of that format
 */
export async function renamedCodes<T>(prefix: 'EXPORTED' | 'TFJS', reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ConvertError) || !error.code.startsWith('ONNX_')) throw error;
    throw new ConvertError(`${prefix}_${error.code.slice('ONNX_'.length)}`, error.message, {
      hint: error.hint ?? undefined,
      cause: error,
    });
  }
}
