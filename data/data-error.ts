import { CodedError } from '../base/index.js';

/** Arrays, images or event tables that are broken, of another kind than needed, or at odds with each other. */
export class DataError extends CodedError {
  override readonly name = 'DataError';
}

export async function closedOnError<T>(file: { close(): Promise<void> }, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await file.close();
    throw error;
  }
}
