/** PNG files to RGB, as Pillow decodes them; of animated ones the first image. */
import type { FileFormat, ImagePlace, Raster, RasterRequest } from '../image-format.js';
import { imageData } from './png-chunks.js';
import { painterOf, samplesAsBytes } from './png-colours.js';
import { type PngHeader, pngHeader } from './png-header.js';
import { channelsOf, inflateRows, passesOf, rowBytes, undoFilters } from './png-rows.js';

export const png: FileFormat<PngHeader> = {
  name: 'PNG',
  extensions: ['.png', '.apng'],
  isThis: (start) => start.startsWith('\x89PNG\r\n\x1a\n'),
  header: pngHeader,
  decode: decodePng,
};

function decodePng(
  bytes: Buffer,
  header: PngHeader,
  place: ImagePlace,
  { alpha, allowTruncated }: RasterRequest,
): Raster {
  const { width, height } = header;
  const rows = inflateRows(imageData(bytes, header.firstData).data, header, { place, allowTruncated });
  const raster = {
    ...{ width, height },
    data: new Uint8Array(3 * width * height),
    alpha: alpha ? new Uint8Array(width * height) : null,
  };
  const paint = painterOf(header, { rgb: raster.data, alpha: raster.alpha, place });
  const distance = Math.max(1, (header.depth * channelsOf(header)) >> 3);
  let at = 0;
  for (const pass of passesOf(header)) {
    const bytesOfRow = rowBytes(header, pass);
    const whole = undoFilters(rows, { at, height: pass.height, bytes: bytesOfRow, distance }, place);
    for (let row = 0; row < whole; row++, at += bytesOfRow + 1) {
      const samples = samplesAsBytes(rows.subarray(at + 1, at + 1 + bytesOfRow), header, pass.width);
      paint(samples, (pass.y + row * pass.dy) * width + pass.x, pass.dx);
    }
  }
  return raster;
}
