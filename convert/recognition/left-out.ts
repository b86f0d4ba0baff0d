/**
 * Tensors that a network does not use. Some are known: a loss, a metric, an optimizer, an average of the weights, the text tower
 * of CLIP. What any other is for is not in the file: the embedding may pass through it. So it is asked for.
 */
import type { Spelling } from '../../graph/backbones/index.js';
import type { FoundBody } from './find-bodies.js';
import type { Group, HeadSearch } from './find-head.js';
import * as refuse from './refusals.js';
import type { Shapes } from './shapes.js';

/** What training scripts keep beside a network: each is the last segment of a module's path. */
const METRICS =
  /^(metrics?|\w+_metrics?|(train|val|valid|validation|test)_(?!transform|aug|norm|head|net|model)\w+|acc|accuracy|\w+_acc|f1|auroc|confmat|confusion_matrix)$/i;
const LOSS = /^(criterion|criteria|loss|losses|loss_(fn|func|function)|\w+_(loss|criterion))$/i;
const OPTIMIZER = /^(optim\w*|\w*scheduler|(grad_)?scaler)$/i;
const AVERAGE = /^((model_)?ema(_model|_net)?|swa_model|averaged_model)$/i;
/** Beside a tower of CLIP or SigLIP. */
const TEXT_TOWER = /^(text_model|text_projection|text|logit_scale|logit_bias)$/;
const TOWERS: readonly Spelling['library'][] = ['transformers', 'open_clip', 'timm'];

/** Segmenters and the like, whose last stages have a dilation in place of a stride. */
const DILATED: readonly RegExp[] = [
  /(^|\.)(aux_classifier|auxlayer|auxiliary_head)\./,
  /(^|\.)(aspp\w*|psp\w*|ppm|fpa)\./,
  /(^|\.)(classifier|decoder|decode_head|head)\.(\d+\.)?convs\.\d+\./,
  /(^|\.)classifier\.(cbr|low_classifier|high_classifier)\./,
];
/** torchvision's FCN without its auxiliary classifier: a convolution of several pixels in place of a Linear. */
const CONVOLUTIONAL = /(^|\.)classifier\.0\.weight$/;

/**
 * Refuses a body whose strides are not the usual ones, also where the tensors that show it are ignored.
 *
 * @throws ConvertError `BACKBONE_MISMATCH`
 */
export function checkStrides(all: Shapes, { family }: FoundBody, label: string): void {
  const sign = [...all].find(([name, shape]) => {
    const isFilter = CONVOLUTIONAL.test(name) && shape.length === 4 && shape[2]! > 1;
    return isFilter || DILATED.some((pattern) => pattern.test(name));
  });
  if (sign !== undefined) throw refuse.dilated(sign[0], family.title, label);
}

/** @throws ConvertError `TENSORS_LEFT_OUT` for modules whose part in the network is not known */
export function checkLeftOut(
  found: FoundBody,
  { others, linears, misfits }: HeadSearch,
  shapes: Shapes,
  asked: { head?: string | undefined; label: string },
): void {
  // Who names the head has said that the others are not it.
  const dismissed = asked.head === undefined ? [] : [...linears, ...misfits];
  const unknown = others.filter((group) => !dismissed.includes(group) && !isKnown(group, found, shapes));
  if (unknown.length > 0) throw refuse.leftOut(unknown, shapes, found, asked.label);
}

function isKnown({ path, names }: Group, { copies, spelling, family }: FoundBody, shapes: Shapes): boolean {
  const last = path.slice(path.lastIndexOf('.') + 1);
  if (METRICS.test(last) || OPTIMIZER.test(last) || AVERAGE.test(last)) return true;
  // A loss with a matrix may be the classifier: ArcFace.
  if (LOSS.test(last)) return names.every((name) => shapes.get(name)!.length <= 1);
  if (copies.some((prefix) => prefix.startsWith(`${path}.`))) return true;
  const isTower = TOWERS.includes(spelling.library) && ['vit', 'clip_resnet'].includes(family.name);
  return isTower && TEXT_TOWER.test(last);
}
