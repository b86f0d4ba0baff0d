/** TIFF files to RGB, as Pillow decodes them: the first page, turned as its orientation says. Those of 16 bits need a range. */
import type { Bytes } from '#platform';
import { DataError } from '../../../data-error.js';
import { RANGE_HINT } from '../../depth.js';
import { orientationOf, tiffBlock, tiffEntries, tiffIntegers } from '../exif.js';
import {
  broken,
  type FileFormat,
  type FileHeader,
  type ImagePlace,
  type Raster,
  type RasterRequest,
  truncated,
  unsupported,
} from '../image-format.js';
import { cmykToRgb, rasterOf, type Samples, swapsSides, upright } from '../shared.js';
import { sharpPixels } from '../sharp.js';
import { type Directory, deepRaster, deepVariant, only, TAGS } from './deep.js';

export interface TiffHeader extends FileHeader {
  /** Size of the upright image: Pillow turns TIFF files as their orientation says, whether it is asked to or not. */
  width: number;
  height: number;
  /** Always 1: what is left to apply. */
  orientation: 1;
  /** The file itself: its directories have what an EXIF block has. */
  exif: Bytes;
  /** 1 to 8: how the pixels in the file are turned. */
  stored: number;
  photometric: number;
  compression: number;
  directory: Directory;
}

const BIG = 43;
const MOST_VALUES = 2 ** 20;
const RGB = 2;
const PALETTE = 3;
const CMYK = 5;
const YCBCR = 6;
const JPEG = 7;
/** None, CCITT, LZW, JPEG, Deflate (two numbers), PackBits. */
const COMPRESSIONS = new Set([1, 2, 3, 4, 5, JPEG, 8, 32946, 32773]);

export const tiff: FileFormat<TiffHeader> = {
  name: 'TIFF',
  extensions: ['.tif', '.tiff'],
  isThis: (start) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((signature) => start.startsWith(signature)),
  header: tiffHeader,
  decode: decodeTiff,
};

function tiffHeader(bytes: Bytes, place: ImagePlace): TiffHeader {
  const directory = firstDirectory(bytes, place);
  const [width, height] = [only(directory, 'width'), only(directory, 'height')];
  if (!width || !height) throw broken(place, `${width ?? 'no'} × ${height ?? 'no'} pixels`);
  const xmp = directory.get(TAGS.xmp);
  const stored = only(directory, 'orientation') ?? orientationOf(null, xmp ? Uint8Array.from(xmp) : null);
  const isDeep = deepVariant(directory, place);
  if (!isDeep) checkVariant(directory, place);
  return {
    ...(swapsSides(stored) ? { width: height, height: width } : { width, height }),
    orientation: 1,
    exif: bytes,
    stored,
    photometric: only(directory, 'photometric') ?? 0,
    compression: only(directory, 'compression') ?? 1,
    directory,
    isDeep,
  };
}

function firstDirectory(bytes: Bytes, place: ImagePlace): Directory {
  const block = tiffBlock(bytes);
  if (block?.view.getUint16(2, block.little) === BIG) throw unsupported(place, 'BigTIFF');
  const at = block?.first ?? bytes.length;
  if (block === null || at + 2 > bytes.length) throw truncated(place, 'the file ends before its directory');
  const entries = block.view.getUint16(at, block.little);
  if (at + 2 + 12 * entries > bytes.length) throw truncated(place, 'the file ends in its directory');
  const directory = new Map<number, readonly number[]>();
  for (const entry of tiffEntries(block, at)) {
    const values = entry.count > MOST_VALUES ? null : tiffIntegers(block, entry);
    if (values !== null) directory.set(entry.tag, values);
  }
  return directory;
}

/** Refuses what sharp decodes to other pixels than Pillow, or what is not known to be the same. */
function checkVariant(directory: Directory, place: ImagePlace): void {
  const bits = directory.get(TAGS.bits) ?? [1];
  const photometric = only(directory, 'photometric') ?? 0;
  const compression = only(directory, 'compression') ?? 1;
  const isBitmap = bits.length === 1 && bits[0] === 1 && photometric <= 1;
  if (!isBitmap && !bits.every((count) => count === 8)) throw unsupported(place, `${bits.join(', ')} bits a sample`);
  if (!COMPRESSIONS.has(compression)) throw unsupported(place, `compression ${compression}`);
  if (photometric > CMYK || photometric === 4) {
    if (photometric !== YCBCR || compression !== JPEG) throw unsupported(place, `colours of kind ${photometric}`);
  }
  const samples = only(directory, 'samples') ?? bits.length;
  const extra = directory.get(TAGS.extraSamples)?.length ?? 0;
  if (samples !== SAMPLES[photometric]! + extra || extra > 1 || (extra > 0 && !HAS_ALPHA.has(photometric))) {
    throw unsupported(place, `${samples} samples a pixel, ${extra} of them beside the colours`);
  }
  if (only(directory, 'planes') === 2 && samples > 1) throw unsupported(place, 'a plane for each colour');
  if (directory.has(TAGS.tileWidth)) throw unsupported(place, 'tiles');
  if ((only(directory, 'fillOrder') ?? 1) !== 1) throw unsupported(place, 'the lowest bit first');
  const formats = directory.get(TAGS.sampleFormat) ?? [1];
  if (!formats.every((format) => format === 1)) throw unsupported(place, `samples of format ${formats.join(', ')}`);
}

/** Samples of a colour, by `PhotometricInterpretation`. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 1: 1, [RGB]: 3, [PALETTE]: 1, [CMYK]: 4, [YCBCR]: 3 };
/** Gray with black as 0, and RGB. */
const HAS_ALPHA = new Set([1, RGB]);

/** @throws DataError `IMAGE_NEEDS_SHARP`, `IMAGE_DEPTH` as well */
async function decodeTiff(
  bytes: Bytes,
  header: TiffHeader,
  place: ImagePlace,
  request: RasterRequest,
): Promise<Raster> {
  const { width, height } = header;
  const stored = swapsSides(header.stored) ? { width: height, height: width } : { width, height };
  const raster = await storedRaster(bytes, header, stored, place, request);
  const { data } = upright(raster, header.stored);
  const alpha = raster.alpha && upright({ ...raster, data: raster.alpha }, header.stored).data;
  return { width, height, data, alpha, cutOff: raster.cutOff };
}

async function storedRaster(
  bytes: Bytes,
  { directory, photometric, isDeep }: TiffHeader,
  size: { width: number; height: number },
  place: ImagePlace,
  { alpha, range }: RasterRequest,
): Promise<Raster> {
  if (range !== undefined) return deepRaster(bytes, directory, size, range, place);
  if (isDeep) throw new DataError('IMAGE_DEPTH', `${place.where}: TIFF of 16 bits a sample`, { hint: RANGE_HINT });
  const isCmyk = photometric === CMYK;
  const pixels = await sharpPixels(bytes, size, place, isCmyk ? 'cmyk' : 'srgb');
  return rasterOf(isCmyk ? fromCmyk(pixels) : pixels, alpha);
}

function fromCmyk({ width, height, data }: Samples): Samples {
  const inverted = data.map((ink) => 255 - ink);
  return { width, height, channels: 3, data: cmykToRgb(inverted) };
}
