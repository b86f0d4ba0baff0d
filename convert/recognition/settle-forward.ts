/**
 * What a body computes where its tensors do not show it. A name of timm is checked against the tensors; without a name, all known
 * networks with these tensors must compute the same, and what is taken for granted is said.
 */
import { isDeepStrictEqual } from 'node:util';
import { backbone, backboneNames, type Forward, type Hints } from '../../graph/backbones/index.js';
import type { FoundBody } from './find-bodies.js';
import * as refuse from './refusals.js';
import { checkTimm, hasOwnSpelling, type TimmNetwork, timmNetworksOf } from './timm.js';

interface Said {
  hints: Hints;
  /** Whether the name of torchvision's network is said. */
  isTorchvision: boolean;
  label: string;
}

/**
 * @param again the same body, read with what a name says
 * @throws ConvertError `BACKBONE_AMBIGUOUS`, `BACKBONE_UNKNOWN`, `BACKBONE_MISMATCH`
 */
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

/** One of each kind. */
function kindsOf(networks: readonly TimmNetwork[]): TimmNetwork[] {
  return networks.filter(({ forward, refused }, i) => {
    return !networks.slice(0, i).some((other) => isDeepStrictEqual([forward, refused], [other.forward, other.refused]));
  });
}

/** Names of networks that have the tensors of one of torchvision's and compute something else. */
function differing(alike: readonly TimmNetwork[], variant: string): string[] {
  return alike.filter(({ name, refused }) => name !== variant && refused !== null).map(({ name }) => name);
}

function variantOf({ body }: FoundBody): string | null {
  return backboneNames().find((name) => isDeepStrictEqual(backbone(name).body, body)) ?? null;
}

/** @param network whose it is, or of which it is usual @param others with the same tensors */
function withAssumption(found: FoundBody, network: string, others: readonly string[]): FoundBody {
  const beside = others.length === 0 ? '' : `, and timm's ${others.join(', ')} has the same tensors`;
  const told = `its activations, poolings, strides and ε are those of ${network}: no tensor shows them${beside}`;
  return { ...found, assumed: [...found.assumed, told] };
}
