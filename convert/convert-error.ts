import { CodedError } from '../base/index.js';

/** A checkpoint that cannot be read, trusted, recognised or converted. */
export class ConvertError extends CodedError {
  override readonly name = 'ConvertError';
}

/** Codes of ONNX's import, renamed for a file of another format: `ONNX_CYCLE` becomes `EXPORTED_CYCLE`. */
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
