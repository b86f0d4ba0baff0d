import type { Preprocessing } from '../weights/index.js';

/** One line: what is done to an image before the network sees it. */
export function describePreprocessing(preprocessing: Preprocessing): string {
  const { size, crop, border, orientation, mean, std } = preprocessing;
  const steps = [
    orientation === 'apply' ? 'turned as the camera says' : null,
    describeResize(preprocessing),
    crop === null ? null : `centre ${crop.join('×')}${border === undefined ? '' : `, border ${border.join(' ')}`}`,
    size === null ? 'any size' : `${size.join('×')} pixels`,
    `mean ${mean.join(' ')}`,
    `std ${std.join(' ')}`,
  ];
  return steps.filter((step) => step !== null).join(', ');
}

function describeResize({ resize, mode, interpolation = 'bilinear' }: Preprocessing): string | null {
  if (resize === null) return null;
  const isSide = typeof resize === 'number';
  const target = isSide ? String(resize) : resize.join('×');
  const chosen = mode ?? (isSide ? 'shortest' : 'exact');
  const what = { shortest: isSide ? 'shorter side to' : 'covering', longest: 'fitted into', exact: 'resized to' };
  return `${what[chosen]} ${target} (${interpolation})`;
}
