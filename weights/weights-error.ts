import { CodedError } from '../base/index.js';

export class WeightsError extends CodedError {
  override readonly name = 'WeightsError';
}
