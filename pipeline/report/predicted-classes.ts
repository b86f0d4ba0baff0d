/** What a window says of each class that was predicted. */
import type { LabelDistance, WindowReport } from '../../drift/index.js';
import type { PredictedClass } from '../../report/index.js';

export function predictedClasses(
  classes: readonly string[],
  { baseline, window }: NonNullable<WindowReport['predicted']>,
  { methods, segments }: Pick<WindowReport, 'methods' | 'segments'>,
): PredictedClass[] {
  const compared = (methods['frechet']?.details?.['labels'] ?? []) as readonly LabelDistance[];
  const distances = new Map(compared.map(({ label, value, p_adjusted: p }) => [label, { value, p }]));
  const ofClasses = (segments ?? []).filter(({ by }) => by === 'class');
  const accuracies = new Map(ofClasses.map(({ value, accuracy }) => [value, accuracy]));
  return classes.map((name, i) => ({
    name,
    baseline: baseline[i] as number,
    window: window[i] as number,
    frechet: distances.get(name) ?? null,
    accuracy: accuracies.get(name) ?? null,
  }));
}
