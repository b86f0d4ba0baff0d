/** A fall of measured accuracy. */
import type { ReportedWindow } from './report-data.js';

/** How far measured accuracy fell beyond chance; 0 if it did not. */
export function fallOf({ accuracy, accuracy_test: test }: Pick<ReportedWindow, 'accuracy' | 'accuracy_test'>): number {
  return test?.verdict === 'lower' && accuracy !== null ? test.baseline - accuracy : 0;
}
