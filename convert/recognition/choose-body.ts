/** Which of the bodies that fit some of a checkpoint's tensors is the one that is meant. */
import { isDeepStrictEqual } from 'node:util';
import type { Hints } from '../../graph/backbones/index.js';
import { type FoundBody, findBodies } from './find-bodies.js';
import type { RecogniseOptions } from './head.js';
import * as refuse from './refusals.js';
import { type Shapes, strangerIn, unwrappedName } from './shapes.js';

/** A whole network with fewer tensors than this share of the largest is a part of something else. */
const RIVAL_SHARE = 0.1;
/** A network that comes near one is what is meant, unless a whole one has so many more tensors. */
const NEAR_SHARE = 0.5;

/**
 * @param originals names in the checkpoint by those without wrappers
 * @throws ConvertError `BACKBONE_UNKNOWN`, `BACKBONE_MISMATCH`, `CHECKPOINT_AMBIGUOUS`, `PREFIX_NOT_FOUND`
 */
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
    isDeepStrictEqual(body.body, largest.body) &&
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
