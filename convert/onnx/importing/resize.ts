/** Maps in another size. */
import { floatAttribute, floatsAttribute, intAttribute, intsAttribute, stringAttribute } from '../file/attributes.js';
import { map } from './convolution.js';
import { pass } from './moving.js';
import { NotSupported } from './not-supported.js';
import { type Application, type Operator, optionalConstant } from './operator.js';

const MODES: readonly string[] = ['nearest', 'linear', 'cubic'] satisfies ResizeMode[];
const COORDINATES: readonly string[] = [
  'half_pixel',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
] satisfies ResizeCoordinates[];
const ROUNDINGS: readonly string[] = [
  'floor',
  'ceil',
  'round_prefer_floor',
  'round_prefer_ceil',
] satisfies ResizeRounding[];

type ResizeMode = 'nearest' | 'linear' | 'cubic';
type ResizeCoordinates = 'half_pixel' | 'pytorch_half_pixel' | 'align_corners' | 'asymmetric';
type ResizeRounding = 'floor' | 'ceil' | 'round_prefer_floor' | 'round_prefer_ceil';

/** `Resize`, and `Upsample` before opset 10. */
export const resize: Operator = (application) => {
  const { node, graph, name, opset } = application;
  const x = map(application);
  // What opset 11 made a choice was fixed before.
  const isOld = opset < 11 || node.op === 'Upsample';
  const mode = stringAttribute(node, 'mode', 'nearest');
  const coordinates = isOld ? 'asymmetric' : stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const rounding = isOld ? 'floor' : stringAttribute(node, 'nearest_mode', 'round_prefer_floor');
  if (!isMode(mode) || !isCoordinates(coordinates) || !isRounding(rounding)) {
    throw new NotSupported(`its mode is ${mode}, ${coordinates}, ${rounding}`);
  }
  if (stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch') {
    throw new NotSupported('it keeps the aspect ratio');
  }
  const target = targetOf(application, isOld, graph.dims(x));
  const isSame = 'size' in target ? target.size.join() === x.shape.slice(1).join() : target.scale.join() === '1,1';
  if (isSame) return pass(application);
  // The filter only grows where maps shrink.
  if (intAttribute(node, 'antialias', 0) === 1 && isSmaller(target, x.shape)) {
    throw new NotSupported('it makes maps smaller with antialiasing');
  }
  // Runtimes disagree about the last pixel there.
  const isWhole = 'size' in target || target.scale.every((scale, i) => Number.isInteger(scale * x.shape[i + 1]!));
  if (coordinates === 'align_corners' && !isWhole) throw new NotSupported('its scale gives a part of a pixel');
  const isCubic = mode === 'cubic';
  const attrs = {
    ...target,
    mode,
    coordinates,
    ...(mode === 'nearest' ? { rounding } : {}),
    ...(isCubic ? { cubic: floatAttribute(node, 'cubic_coeff_a', -0.75) } : {}),
    ...(isCubic && intAttribute(node, 'exclude_outside', 0) === 1 ? { excludeOutside: true } : {}),
  };
  return graph.add(name, { op: 'resize', attrs }, [x]);
};

function isMode(mode: string): mode is ResizeMode {
  return MODES.includes(mode);
}

function isCoordinates(coordinates: string): coordinates is ResizeCoordinates {
  return COORDINATES.includes(coordinates);
}

function isRounding(rounding: string): rounding is ResizeRounding {
  return ROUNDINGS.includes(rounding);
}

type Target = { size: [number, number] } | { scale: [number, number] };

function isSmaller(target: Target, [, ...sides]: readonly number[]): boolean {
  return 'size' in target ? target.size.some((size, i) => size < sides[i]!) : target.scale.some((scale) => scale < 1);
}

/** From opset 18 on for some axes, before for all. */
function targetOf(application: Application, isOld: boolean, dims: readonly number[]): Target {
  const { node, inputs } = application;
  const axes = intsAttribute(node, 'axes') ?? [0, 1, 2, 3];
  const onAxis = (values: readonly number[], axis: number, otherwise: number) =>
    values[axes.findIndex((each) => (each < 0 ? each + 4 : each) === axis)] ?? otherwise;
  const sizes = isOld || inputs.length < 4 ? null : optionalConstant(application, 3);
  if (sizes !== null && sizes.data.length > 0) {
    const all = dims.map((size, axis) => onAxis([...sizes.data], axis, size));
    if (all[0] !== dims[0] || all[1] !== dims[1]) throw new NotSupported('it resizes the batch or the channels');
    return { size: [all[2]!, all[3]!] };
  }
  const input = optionalConstant(application, isOld ? 1 : 2);
  const scales = input === null ? (floatsAttribute(node, 'scales') ?? []) : [...input.data];
  if (scales.length !== axes.length) throw new NotSupported('it does not say to which size');
  if (onAxis(scales, 0, 1) !== 1 || onAxis(scales, 1, 1) !== 1) {
    throw new NotSupported('it resizes the batch or the channels');
  }
  return { scale: [onAxis(scales, 2, 1), onAxis(scales, 3, 1)] };
}
