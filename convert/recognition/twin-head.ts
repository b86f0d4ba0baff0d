/** The second head of a network that takes the mean of two, such as a distilled DeiT. */
import { isDeepStrictEqual } from 'node:util';
import type { FoundBody } from './find-bodies.js';
import type { HeadSearch } from './find-head.js';
import type { FoundHead, HeadModule } from './head.js';
import * as refuse from './refusals.js';

export interface TwinSearch {
  body: FoundBody;
  /** The first heads that fit. */
  search: HeadSearch;
  twin: FoundHead | null;
}

/** Takes the second head from those that were found; its being there says that the network takes two. */
export function findTwin(found: FoundBody, search: HeadSearch): TwinSearch {
  const { twin: known } = found.family;
  const body = known?.body(found.body) ?? null;
  const twin = search.heads.find(({ root }) => known?.named.test(root)) ?? null;
  if (body === null || twin === null || search.heads.length === 1) return { body: found, search, twin: null };
  return {
    body: { ...found, body },
    search: { ...search, heads: search.heads.filter((head) => head !== twin) },
    twin,
  };
}

/** @throws ConvertError `HEAD_NOT_SUPPORTED` if a network that takes two heads has one, or two that differ */
export function checkTwin(found: FoundBody, head: FoundHead, twin: FoundHead | null, label: string): void {
  const { twin: known } = found.family;
  const takesTwo = known !== null && isDeepStrictEqual(known.body(found.body), found.body);
  if (takesTwo && twin === null) throw refuse.noTwin(known.module, head, label);
  if (twin !== null && !isDeepStrictEqual(twin.modules.map(sizes), head.modules.map(sizes)))
    throw refuse.unequalTwins(head, twin, label);
}

function sizes({ kind, inputs, outputs, bias }: HeadModule): object {
  return { kind, inputs, outputs, bias };
}
