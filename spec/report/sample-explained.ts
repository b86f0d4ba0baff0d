/** What `explain` may find of the windows of sample reports: made up, but for the images. */
import type { Exemplar, Explained, RemadeCause, RemadePair, ThumbnailSheet } from '../../report/index.js';
import { CLASSES, corrupted, sampleImages, thumbnailSheet } from './sample-images.js';

export const SAMPLE_PAIRS = 6;

const DARKER: RemadeCause = {
  ...{ name: 'darker', making: 'brightness (factor), factor 0.353', share: 1, isOfImages: true },
};
const BLURRED: RemadeCause = {
  ...{ name: 'blurred', making: 'gaussian blur (repeat), sigma in pixels 1.12', share: 0.42, isOfImages: true },
};
const BASELINE = { rows: 2_500, accuracy: 0.903 };
const NOTHING = { auc: 0.507, cleanAuc: 0.507, accuracy: null, classes: null, baseline: BASELINE, pairs: [] };

/** An unchanged window, one that is partly explained, one that is explained; null for others. */
export function sampleExplained(name: string): Explained | null {
  if (name === 'week_1') {
    const accuracy = { value: 0.903, low: 0.886, high: 0.92 };
    return { ...NOTHING, verdict: 'unchanged', causes: [], accuracy, tried: [], warnings: [] };
  }
  const accuracy = { value: 0.705, low: 0.684, high: 0.731 };
  if (name === 'week_2') {
    return {
      ...NOTHING,
      ...{ verdict: 'partly', causes: [BLURRED], auc: 0.561, cleanAuc: 0.802 },
      tried: [{ causes: [BLURRED], auc: 0.561, suffices: false, accuracy }],
      warnings: ['about 9 % of the images are images of the baseline: AUC and accuracy look better than they are'],
      pairs: pairs(0),
    };
  }
  if (name !== 'week_3') return null;
  return {
    ...NOTHING,
    ...{ verdict: 'explained', causes: [DARKER], auc: 0.494, cleanAuc: 0.942, accuracy },
    tried: [
      { causes: [DARKER], auc: 0.494, suffices: true, accuracy },
      { causes: [BLURRED, DARKER], auc: 0.55, suffices: false, accuracy },
    ],
    classes: CLASSES.map((one, i) => ({ name: one, rows: 240 + i, accuracy: 0.95 - 0.05 * i })),
    warnings: [],
    pairs: pairs(3 * SAMPLE_PAIRS),
  };
}

/** Images of the baseline, with the cause, and of the window, for each of the two windows that have some. */
export async function remadeSheet(): Promise<ThumbnailSheet> {
  const reference = await sampleImages('reference', SAMPLE_PAIRS);
  const production = await sampleImages('production', SAMPLE_PAIRS);
  const sets = (['gaussian_blur', 'darken'] as const).flatMap((name) => [
    reference,
    corrupted(reference, name),
    corrupted(production, name),
  ]);
  return thumbnailSheet(
    sets.map(({ pixels }) => pixels),
    SAMPLE_PAIRS,
  );
}

function pairs(first: number): RemadePair[] {
  const exemplar = (thumbnail: number, label: string, predicted: number, target: number | null): Exemplar => ({
    ...{ thumbnail, label, predicted: CLASSES[predicted]! },
    target: target === null ? null : CLASSES[target]!,
  });
  return Array.from({ length: SAMPLE_PAIRS }, (_, i) => ({
    clean: exemplar(first + i, 'image of the baseline', i, i),
    remade: exemplar(first + SAMPLE_PAIRS + i, 'the same image with the cause', i % 2 === 0 ? 8 : i, i),
    window: exemplar(first + 2 * SAMPLE_PAIRS + i, `row ${7 * i} of the window`, i % 2 === 0 ? 8 : i, null),
  }));
}
