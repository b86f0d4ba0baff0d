/** A classifier on a network of transformers whose class is not known: it may take something else than the embedding. */
import type { Hints } from '../../graph/backbones/index.js';
import type { FoundBody } from './find-bodies.js';
import * as refuse from './refusals.js';
import { TRANSFORMERS_CLASSES } from './transformers-classes.js';

/**
 * @param hints what is known of the network besides its tensors
 * @throws ConvertError `BACKBONE_AMBIGUOUS` if classes of transformers that have these tensors differ in what they classify
 */
export function checkClassifier({ spelling, body }: FoundBody, hints: Hints, label: string): void {
  if (spelling.library !== 'transformers' || hints.className !== undefined) return;
  const types = typesOf({ ...body });
  const names = Object.entries(TRANSFORMERS_CLASSES).filter(([, { type }]) => types.includes(type));
  if (names.length > 0) throw refuse.unknownClassifier(names.map(([name]) => name).toSorted(byClassifier), label);
}

/** Types whose classifiers do not take the usual embedding. */
function typesOf(body: Readonly<Record<string, unknown>>): readonly string[] {
  if (body['family'] !== 'vit') return [];
  if (body['pooler'] === true) return ['vit', 'deit'];
  if (body['pool'] === 'attention') return ['siglip'];
  return body['preNorm'] === true ? ['clip'] : [];
}

/** Those with classifiers first. */
function byClassifier(a: string, b: string): number {
  return Number(b.includes('For')) - Number(a.includes('For'));
}
