/** PNG files to RGB, as Pillow decodes them; of animated ones the first image. */
import type { Raster, RasterRequest } from '../decode-options.js';
import type { ImagePlace } from '../image-error.js';
import { imageData } from './png-chunks.js';
import { painterOf, samplesAsBytes } from './png-colours.js';
import { pngHeader } from './png-header.js';
import { channelsOf, inflateRows, passesOf, rowBytes, undoFilters } from './png-rows.js';

/** @throws DataError `IMAGE_BROKEN`, `IMAGE_TRUNCATED`, `IMAGE_UNSUPPORTED` */
export function decodePng(bytes: Buffer, place: ImagePlace, { alpha, allowTruncated }: RasterRequest): Raster {
  const header = pngHeader(bytes, place);
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
