/** Asserts that something fails with a given coded error, and returns the error. */
import { CodedError } from '../../base/index.js';

export async function refusal(code: string, attempt: () => unknown): Promise<CodedError> {
  let outcome: unknown;
  try {
    outcome = await attempt();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    if (error.code !== code)
      throw new Error(`refused with ${error.code} (${error.message}), not with ${code}`, { cause: error });
    return error;
  }
  throw new Error(`not refused: expected ${code}, got ${JSON.stringify(outcome)?.slice(0, 200)}`);
}
