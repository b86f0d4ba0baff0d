/**
 * uint8 pixels → normalised floats: `pixel · factor + term` for each channel. Both modules round after either step, so
 * they agree to the bit.
 */
import { word } from '../../../printing/assembly/word';
import { PackChannels, PackRows } from './words';

/** Four bytes as four floats. */
function floats(at: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at))));
}

function scaled(values: v128, factors: v128, terms: v128): v128 {
  return f32x4.add(f32x4.mul(values, factors), terms);
}

function fillWithZeros(from: usize, to: usize): void {
  for (let at = from; at < to; at += 4) store<f32>(at, 0);
}

export function packRows(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const images = word(params, PackRows.images);
  const height = word(params, PackRows.height);
  const channelBytes = word(params, PackRows.channels) << 2;
  const values = word(params, PackRows.width) * word(params, PackRows.channels);
  const rowBytes = word(params, PackRows.rowBytes);
  const leftBytes = word(params, PackRows.left) * channelBytes;
  const scale = word(params, PackRows.scaleAt);
  const factors0 = v128.load(scale);
  const factors1 = v128.load(scale, 16);
  const factors2 = v128.load(scale, 32);
  const terms0 = v128.load(scale, 48);
  const terms1 = v128.load(scale, 64);
  const terms2 = v128.load(scale, 80);

  for (let y: usize = from; y < <usize>to; y++) {
    for (let image: usize = 0; image < images; image++) {
      let pixels = arena + word(params, PackRows.pixelsOffset) + (image * height + y) * values;
      const end = pixels + values;
      const row = arena + word(params, PackRows.outputOffset) + (y * images + image) * rowBytes;
      let output = row + leftBytes;
      fillWithZeros(row, output);
      while (pixels + 12 <= end) {
        v128.store(output, scaled(floats(pixels), factors0, terms0));
        v128.store(output, scaled(floats(pixels + 4), factors1, terms1), 16);
        v128.store(output, scaled(floats(pixels + 8), factors2, terms2), 32);
        pixels += 12;
        output += 48;
      }
      // At most eleven values: each factor and term is read from where its value would be in the pattern.
      for (let channel = scale; pixels < end; pixels++, channel += 4, output += 4) {
        store<f32>(output, <f32>load<u8>(pixels) * load<f32>(channel) + load<f32>(channel, 48));
      }
      fillWithZeros(output, row + rowBytes);
    }
  }
}

export function packChannels(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const images = word(params, PackChannels.images);
  const height = word(params, PackChannels.height);
  const width = word(params, PackChannels.width);
  const channels = word(params, PackChannels.channels);
  const scale = word(params, PackChannels.scaleAt);
  // The lanes beyond the channels, which hold the next pixel, become 0 · pixel + 0.
  const own = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>channels));
  const factors = v128.and(v128.load(scale), own);
  const terms = v128.and(v128.load(scale, 48), own);
  const zeros = f32x4.splat(0);

  for (let y: usize = from; y < <usize>to; y++) {
    for (let image: usize = 0; image < images; image++) {
      let pixels = arena + word(params, PackChannels.pixelsOffset) + (image * height + y) * width * channels;
      let output = arena + word(params, PackChannels.outputOffset) + ((y * width * images + image) << 6);
      for (let x: usize = 0; x < width; x++) {
        v128.store(output, scaled(floats(pixels), factors, terms));
        v128.store(output, zeros, 16);
        v128.store(output, zeros, 32);
        v128.store(output, zeros, 48);
        pixels += channels;
        output += images << 6;
      }
    }
  }
}
