/**
 * Pixels → network input, `(pixel/255 - mean) / std`. It rounds to float32 after every step as torchvision's `ToTensor`
 * and `Normalize` do, through a table of 256 values a channel.
 */

/** The values of pixel 0 to 255, for each channel in turn. */
export type NormalisationTable = readonly Float32Array[];

export function normalisationTable(mean: readonly number[], std: readonly number[]): NormalisationTable {
  return mean.map((m, channel) =>
    Float32Array.from({ length: 256 }, (_, pixel) => {
      const scaled = Math.fround(pixel / 255);
      return Math.fround(Math.fround(scaled - Math.fround(m)) / Math.fround(std[channel]!));
    }),
  );
}

/** `[rows, height, width, channels]` in, the same shape out. */
export function normalise(pixels: Uint8Array, table: NormalisationTable): Float32Array {
  return table.length === 3 ? normaliseRgb(pixels, table) : normaliseAny(pixels, table);
}

function normaliseAny(pixels: Uint8Array, table: NormalisationTable): Float32Array {
  const values = new Float32Array(pixels.length);
  for (const [channel, ofPixel] of table.entries()) {
    for (let i = channel; i < pixels.length; i += table.length) values[i] = ofPixel[pixels[i]!]!;
  }
  return values;
}

function normaliseRgb(pixels: Uint8Array, table: NormalisationTable): Float32Array {
  const [red, green, blue] = table as [Float32Array, Float32Array, Float32Array];
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    values[i] = red[pixels[i]!]!;
    values[i + 1] = green[pixels[i + 1]!]!;
    values[i + 2] = blue[pixels[i + 2]!]!;
  }
  return values;
}
