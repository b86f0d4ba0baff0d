/** From a row of PNG samples to RGB and alpha, by the rules of Pillow's `convert('RGB')` and `convert('RGBA')`. */
import { broken, type ImagePlace, unsupported } from '../image-format.js';
import { channelsOf, type PngHeader } from './png-header.js';

/** Takes one row's samples as bytes, and writes pixels `step` apart from pixel `to` on. */
export type PngPainter = (samples: Uint8Array, to: number, step: number) => void;

/**
 * The samples of a row as bytes. Of 16 bits, Pillow keeps the upper 8, but of 16-bit gray it keeps the value up to 255.
 * Gray of less than 8 bits is spread over 0 to 255.
 */
export function samplesAsBytes(row: Uint8Array, header: PngHeader, width: number): Uint8Array {
  const { depth, colour } = header;
  if (depth === 8) return row;
  const samples = new Uint8Array(width * channelsOf(header));
  if (depth === 16) {
    const clipped = colour === 'gray';
    for (let i = 0; i < samples.length; i++) {
      const high = row[2 * i]!;
      samples[i] = clipped ? (high > 0 ? 255 : row[2 * i + 1]!) : high;
    }
    return samples;
  }
  const most = 2 ** depth - 1;
  const scale = colour === 'gray' ? 255 / most : 1;
  for (let i = 0; i < samples.length; i++) {
    const bit = i * depth;
    samples[i] = scale * ((row[bit >> 3]! >> (8 - depth - (bit & 7))) & most);
  }
  return samples;
}

/** How pixels of this image are written to `rgb`, and to `alpha` if that is given. */
export function painterOf(
  header: PngHeader,
  { rgb, alpha, place }: { rgb: Uint8Array; alpha: Uint8Array | null; place: ImagePlace },
): PngPainter {
  const channels = channelsOf(header);
  const colour = colourPainter(header, rgb, place);
  const opacity = alpha && alphaPainter(header, alpha, place);
  return (samples, to, step) => {
    colour(samples, to, step);
    opacity?.(samples, to, step);
    if (samples.length % channels !== 0) throw new Error(`${samples.length} samples of ${channels} channels`);
  };
}

function colourPainter(header: PngHeader, rgb: Uint8Array, place: ImagePlace): PngPainter {
  const channels = channelsOf(header);
  if (header.colour === 'palette') return palettePainter(paletteOf(header, place), rgb);
  if (channels <= 2) return grayPainter(channels, rgb);
  return (samples, to, step) => {
    for (let from = 0, at = 3 * to; from < samples.length; from += channels, at += 3 * step) {
      rgb[at] = samples[from]!;
      rgb[at + 1] = samples[from + 1]!;
      rgb[at + 2] = samples[from + 2]!;
    }
  };
}

function grayPainter(channels: number, rgb: Uint8Array): PngPainter {
  return (samples, to, step) => {
    for (let from = 0, at = 3 * to; from < samples.length; from += channels, at += 3 * step) {
      rgb.fill(samples[from]!, at, at + 3);
    }
  };
}

function palettePainter(palette: Uint8Array, rgb: Uint8Array): PngPainter {
  return (samples, to, step) => {
    for (let from = 0, at = 3 * to; from < samples.length; from++, at += 3 * step) {
      const entry = 3 * samples[from]!;
      rgb[at] = palette[entry]!;
      rgb[at + 1] = palette[entry + 1]!;
      rgb[at + 2] = palette[entry + 2]!;
    }
  };
}

/** 256 colours. Those that the file does not set are black, as in Pillow. */
function paletteOf({ palette }: PngHeader, place: ImagePlace): Uint8Array {
  if (palette === null) throw broken(place, 'palette samples without a palette');
  const colours = new Uint8Array(3 * 256);
  colours.set(palette);
  return colours;
}

function alphaPainter(header: PngHeader, alpha: Uint8Array, place: ImagePlace): PngPainter {
  const { colour, transparency } = header;
  const channels = channelsOf(header);
  if (colour === 'gray-alpha' || colour === 'rgba') {
    return (samples, to, step) => {
      for (let from = channels - 1, at = to; from < samples.length; from += channels, at += step) {
        alpha[at] = samples[from]!;
      }
    };
  }
  if (transparency === null) return fill(channels, alpha);
  return colour === 'palette' ? byEntry(transparency, alpha) : byColour(header, transparency, { alpha, place });
}

function fill(channels: number, alpha: Uint8Array): PngPainter {
  return (samples, to, step) => {
    for (let from = 0, at = to; from < samples.length; from += channels, at += step) alpha[at] = 255;
  };
}

function byEntry(transparency: Uint8Array, alpha: Uint8Array): PngPainter {
  return (samples, to, step) => {
    for (let from = 0, at = to; from < samples.length; from++, at += step) {
      alpha[at] = transparency[samples[from]!] ?? 255;
    }
  };
}

/** One colour is transparent. Pillow compares it with 8-bit pixels, whatever the depth in the file. */
function byColour(
  header: PngHeader,
  transparency: Buffer,
  { alpha, place }: { alpha: Uint8Array; place: ImagePlace },
): PngPainter {
  const channels = channelsOf(header);
  if (header.depth !== 8) throw unsupported(place, `a transparent colour with ${header.depth} bits a sample`);
  if (transparency.length < 2 * channels) throw broken(place, `a tRNS chunk of ${transparency.length} bytes`);
  const clear = Array.from({ length: channels }, (_, c) => transparency.readUInt16BE(2 * c));
  return (samples, to, step) => {
    for (let from = 0, at = to; from < samples.length; from += channels, at += step) {
      alpha[at] = clear.every((value, c) => samples[from + c] === value) ? 0 : 255;
    }
  };
}
