/** Reads the outputs of a plan from its arena, in PyTorch's order. */
import type { ProgramOutputs, TapOutput } from '../../../contract/backend.js';
import type { PlanOutput } from '../planning/compiled-plan.js';

/** The wanted outputs of a job. */
export interface Wanted {
  images: number;
  /** Where each lies, by name, in the order in which they are given back. */
  taps: readonly (readonly [name: string, output: PlanOutput])[];
  /** Null if they are not wanted. */
  scores: PlanOutput | null;
}

/** @param arena its address in `buffer` */
export function readOutputs(buffer: ArrayBufferLike, arena: number, { images, taps, scores }: Wanted): ProgramOutputs {
  const read = (output: PlanOutput): TapOutput => {
    return { shape: [images, ...output.shape], data: channelsFirst(buffer, arena, output, images) };
  };
  return {
    taps: new Map(taps.map(([name, output]) => [name, read(output)])),
    scores: scores === null ? null : read(scores).data,
  };
}

/** `[height][width][image][channel]` → `[image][channel][height][width]`. */
function channelsFirst(
  buffer: ArrayBufferLike,
  arena: number,
  { offset, map: [channels, height, width], channelStride }: PlanOutput,
  images: number,
): Float32Array {
  const plane = height * width;
  const source = new Float32Array(buffer, arena + offset, plane * images * channelStride);
  const values = new Float32Array(images * channels * plane);
  if (plane === 1) {
    for (let image = 0; image < images; image++) {
      values.set(source.subarray(image * channelStride, image * channelStride + channels), image * channels);
    }
    return values;
  }
  for (let position = 0; position < plane; position++) {
    for (let image = 0; image < images; image++) {
      const from = (position * images + image) * channelStride;
      let to = image * channels * plane + position;
      for (let channel = 0; channel < channels; channel++, to += plane) values[to] = source[from + channel]!;
    }
  }
  return values;
}
