/** Which of the bodies that fit is meant, what it computes beyond its tensors, and which tensors it may leave out. */

import { isSame } from '#platform';
import { backbone, backboneNames, type Forward, type Hints, type Spelling } from '../../graph/backbones/index.js';
import { type FoundBody, findBodies } from './find-bodies.js';
import type { Group, HeadSearch } from './find-head.js';
import type { RecogniseOptions } from './head.js';
import * as refuse from './refusals.js';
import { type Shapes, strangerIn, unwrappedName } from './shapes.js';
import { checkTimm, hasOwnSpelling, type TimmNetwork, timmNetworksOf } from './timm.js';

/** A whole network with fewer tensors than this share of the largest is a part of something else. */
const RIVAL_SHARE = 0.1;
/** A network that comes near one is what is meant, unless a whole one has so many more tensors. */
const NEAR_SHARE = 0.5;

/** @throws ConvertError `BACKBONE_UNKNOWN`, `BACKBONE_MISMATCH`, `CHECKPOINT_AMBIGUOUS`, `PREFIX_NOT_FOUND` */
export function chooseBody(
  shapes: Shapes,
  originals: ReadonlyMap<string, string>,
  hints: Hints,
  { prefix, same, label }: RecogniseOptions,
): FoundBody {
  const { whole, near } = findBodies(shapes, hints);
  if (prefix !== undefined) {
    const asked = whole.filter((body) => isUnder(body.prefix, prefix));
    if (asked.length === 1) return amongCopies(asked[0]!, whole);
    if (asked.length > 1) throw refuse.severalBodies(asked, label);
    const nearly = near.find((body) => isUnder(body.prefix, prefix));
    throw nearly === undefined ? refuse.noSuchPrefix(prefix, whole, label) : refuse.nearlyBody(nearly, shapes, label);
  }
  const [largest] = whole;
  const [nearest] = near;
  // A part of a network may be a whole small one.
  if (nearest !== undefined && NEAR_SHARE * nearest.names.size > (largest?.names.size ?? 0)) {
    throw isFar(nearest) && strangerIn(shapes) !== null
      ? refuse.unknownNetwork(shapes, label)
      : refuse.nearlyBody(nearest, shapes, label);
  }
  if (largest === undefined) throw refuse.unknownNetwork(shapes, label);
  const rivals = whole.filter((body) => body.names.size >= RIVAL_SHARE * largest.names.size);
  const isCopy = (body: FoundBody) =>
    isSame(body.body, largest.body) &&
    [...body.names].every(([usual, parts]) => {
      const others = largest.names.get(usual) ?? [];
      return parts.every((name, i) => same?.(originals.get(name)!, originals.get(others[i]!)!));
    });
  if (rivals.some((body) => body !== largest && !isCopy(body))) throw refuse.severalBodies(rivals, label);
  return amongCopies(largest, rivals);
}

function amongCopies(chosen: FoundBody, all: readonly FoundBody[]): FoundBody {
  const isAsLarge = ({ names }: FoundBody) => names.size >= RIVAL_SHARE * chosen.names.size;
  const copies = all.filter((body) => body !== chosen && isAsLarge(body));
  return { ...chosen, copies: copies.map(({ prefix }) => prefix) };
}

/** A body of which more tensors differ than this share is rather another network with similar names. */
const FAR_SHARE = 0.25;

function isFar({ names, problems }: FoundBody): boolean {
  return problems.length > FAR_SHARE * names.size;
}

/** Whether a prefix begins with the one that was asked for, which may lack its last dot. */
function isUnder(found: string, asked: string): boolean {
  return asked === '' ? found === '' : found.startsWith(unwrappedName(`${asked.replace(/\.$/, '')}.`));
}

// Tensors that a network does not use. Some are known. Any other may belong to the embedding, so the caller must say.

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

// What a body computes beyond its tensors. Without a name, all known networks with these tensors must agree.

interface Said {
  hints: Hints;
  /** Whether the name of torchvision's network is said. */
  isTorchvision: boolean;
  label: string;
}

/** @throws ConvertError `BACKBONE_AMBIGUOUS`, `BACKBONE_UNKNOWN`, `BACKBONE_MISMATCH` */
export function settled(
  found: FoundBody,
  { hints, isTorchvision, label }: Said,
  again: (forward: Forward) => FoundBody,
): FoundBody {
  if (hints.forward === undefined) {
    const { library } = found.spelling;
    const saysItself = library === 'transformers' || library === 'open_clip';
    const isSaid = isTorchvision || hints.architecture !== undefined || saysItself;
    if (!isSaid) return unnamed(found, label, again);
  } else checkTimm(found, hints, label);
  if (found.rivals.length > 0) throw refuse.severalReadings(found, label);
  return found;
}

function unnamed(found: FoundBody, label: string, again: (forward: Forward) => FoundBody): FoundBody {
  const isTimm = found.spelling.library === 'timm';
  const alike = isTimm || !hasOwnSpelling(found) ? timmNetworksOf(found) : [];
  const variant = isTimm ? null : variantOf(found);
  if (variant !== null) return withAssumption(found, `torchvision's ${variant}`, differing(alike, variant));
  const [first, ...others] = kindsOf(alike);
  if (first === undefined) {
    if (isTimm && found.rivals.length > 0) throw refuse.unnamedForward(found, label);
    return withAssumption(found, `${found.family.title} as it usually is`, []);
  }
  if (others.length > 0) throw refuse.severalForwards([first, ...others], label);
  if (first.refused !== null) throw refuse.unconvertedTimm(first.name, first.refused, label);
  const body = again(first.forward);
  if (body.rivals.length > 0) throw refuse.severalReadings(body, label);
  return withAssumption(body, `timm's ${first.name}`, []);
}

function kindsOf(networks: readonly TimmNetwork[]): TimmNetwork[] {
  return networks.filter(({ forward, refused }, i) => {
    return !networks.slice(0, i).some((other) => isSame([forward, refused], [other.forward, other.refused]));
  });
}

/** Names of networks that have the tensors of one of torchvision's and compute something else. */
function differing(alike: readonly TimmNetwork[], variant: string): string[] {
  return alike.filter(({ name, refused }) => name !== variant && refused !== null).map(({ name }) => name);
}

function variantOf({ body }: FoundBody): string | null {
  return backboneNames().find((name) => isSame(backbone(name).body, body)) ?? null;
}

/** @param network whose it is, or of which it is usual @param others with the same tensors */
function withAssumption(found: FoundBody, network: string, others: readonly string[]): FoundBody {
  const beside = others.length === 0 ? '' : `, and timm's ${others.join(', ')} has the same tensors`;
  const told = `its activations, poolings, strides and ε are those of ${network}: no tensor shows them${beside}`;
  return { ...found, assumed: [...found.assumed, told] };
}
