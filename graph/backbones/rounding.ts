/** How the MobileNets and EfficientNets round numbers of channels. */

/** The nearest multiple of 8; the next one above where that would lose more than a tenth. */
export function divisible(value: number): number {
  const rounded = Math.max(8, Math.floor((value + 4) / 8) * 8);
  return rounded < 0.9 * value ? rounded + 8 : rounded;
}
