/** DINOv3's rotary positions (https://arxiv.org/abs/2508.10104): angles that turn queries and keys of patches. */
import { cos, pow, sin } from '../../base/math/index.js';
import type { ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import type { Hints } from './family.js';
import { type VitBody, visionConfig } from './vit-body.js';

/** What all blocks share: `[1, tokens, channels of a head]`. */
export interface Rotation {
  cos: Value;
  /** Negative for the first half of the channels. */
  sin: Value;
  /** For each channel the other one of its plane. */
  partners: readonly number[];
}

export function rotation(m: ModuleScope, body: VitBody, theta: number): Rotation {
  const { width, heads, grid, classToken, registers } = body;
  const size = width / heads;
  const fixed = (classToken ? 1 : 0) + registers;
  const table = (value: (angle: number, channel: number) => number, still: number) => {
    const values = new Array<number>(fixed * size).fill(still);
    for (const angles of anglesOf(grid, size, theta)) {
      for (let channel = 0; channel < size; channel++) values.push(value(angles[channel % (size / 2)]!, channel));
    }
    return { shape: [1, fixed + grid ** 2, size], values };
  };
  return {
    cos: nn.constant(m, 'cos', table(cos, 1)),
    sin: nn.constant(
      m,
      'sin',
      table((angle, channel) => (channel < size / 2 ? -1 : 1) * sin(angle), 0),
    ),
    partners: Array.from({ length: size }, (_, channel) => (channel + size / 2) % size),
  };
}

/** Queries or keys, `[N, heads, tokens, channels of a head]`. */
export function rotated(m: ModuleScope, x: Value, { cos, sin, partners }: Rotation): Value {
  return nn.add(m, nn.multiply(m, x, cos), nn.multiply(m, nn.gather(m, x, 3, partners), sin));
}

/** For each patch, row by row, half the channels of a head: a quarter by its row, a quarter by its column. */
function* anglesOf(grid: number, size: number, theta: number): Generator<number[]> {
  // PyTorch has both in float32, whatever the network computes in.
  const periods = Array.from({ length: size / 4 }, (_, i) => Math.fround(pow(theta, Math.fround((4 * i) / size))));
  const places = Array.from({ length: grid }, (_, i) => Math.fround(2 * Math.fround((i + 0.5) / grid) - 1));
  for (const row of places) {
    for (const column of places) {
      yield [row, column].flatMap((place) => periods.map((period) => (2 * Math.PI * place) / period));
    }
  }
}

/** θ of all DINOv3s. */
const THETA = 100;
/** Sides of images that timm's and transformers' are usually given. */
const USUAL_SIDE = { timm: 256, transformers: 224 } as const;
/** All DINOv3s have as many. timm has networks with other rotations, which have none or one. */
const REGISTERS = 4;

type Reading = Pick<VitBody, 'grid' | 'positions' | 'pool' | 'theta'>;

/** What a network without a table of positions is; null if it is no DINOv3. */
export function readRotary(hints: Hints, patch: number, registers: number): Reading | null {
  const { spelling } = hints;
  const config = visionConfig(hints);
  if (spelling === 'transformers') {
    const { image_size: side = USUAL_SIDE.transformers, rope_theta: theta = THETA } = config ?? {};
    if (typeof side !== 'number' || typeof theta !== 'number') return null;
    return { grid: Math.floor(side / patch), positions: 'rotary', pool: 'token', theta };
  }
  if (spelling !== 'timm' || registers !== REGISTERS) return null;
  return {
    grid: Math.floor(USUAL_SIDE.timm / patch),
    positions: 'rotary',
    pool: hints.forward?.pool ?? 'mean',
    theta: THETA,
  };
}
