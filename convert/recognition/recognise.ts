/**
 * Finds out which network a state dict holds, from the names and shapes of its tensors alone: first its body, under any
 * prefix and in any spelling known here, then its head among the tensors that are left.
 */
import { nearest, printable } from '../../errors/index.js';
import { backbone, buildGraph, featuresOf, type Hints, LIBRARIES, type Library } from '../../graph/backbones/index.js';
import { describeTensorProblems, GraphError, parameters, tensorProblems } from '../../graph/index.js';
import { ConvertError } from '../convert-error.js';
import { assemble, type Recognised } from './assemble.js';
import { chooseBody } from './choose-body.js';
import { checkCountedLayers } from './counted-layers.js';
import type { FoundBody } from './find-bodies.js';
import { findHead, type HeadSearch } from './find-head.js';
import type { FoundHead } from './head.js';
import { checkLibraryName } from './known-name.js';
import type { RecogniseOptions } from './recognise-options.js';
import * as refuse from './refusals.js';
import { type Shapes, unwrappedName } from './shapes.js';
import { checkTwin, findTwin } from './twin-head.js';

/**
 * @param tensors shapes by state-dict name
 * @throws ConvertError `BACKBONE_UNKNOWN` (no known body), `BACKBONE_MISMATCH` (a body that does not fit quite, with the
 *   first differences), `BACKBONE_AMBIGUOUS`, `CHECKPOINT_AMBIGUOUS`, `PREFIX_NOT_FOUND`, `HEAD_NOT_SUPPORTED`, `HEAD_AMBIGUOUS`,
 *   `HEAD_NOT_FOUND`
 * @throws GraphError `UNKNOWN_BACKBONE`
 */
export function recognise(tensors: Shapes, options: RecogniseOptions): Recognised {
  const hints = hintsOf(options);
  const asked = askedName(options.backbone);
  const { shapes, originals } = clean(tensors, options.ignore ?? []);
  const body = chooseBody(shapes, originals, hints, options);
  if (body.rivals.length > 0) throw refuse.severalReadings(body, options.label);
  checkCountedLayers(body.body, hints, options.label);
  const rest = leftoverOf(shapes, body);
  const sized = refined(body, shapes, rest);
  const all = findHead(shapes, rest, sized.container, featuresOf(sized.body));
  const found = findTwin(sized, all);
  const head = chooseHead(found.search, shapes, found.body, options);
  if (head !== null) checkTwin(found.body, head, found.twin, options.label);
  const [twin, search] = head === null ? [null, all] : [found.twin, found.search];
  const result = assemble(found.body, { head, twin }, search, shapes, originals, options);
  if (asked !== null) checkAsked(asked, result, options.label);
  return result;
}

/** `timm:NAME` and the like, before what a folder says. @throws GraphError `UNKNOWN_BACKBONE` */
function hintsOf({ backbone: asked, stem, hints }: RecogniseOptions): Hints {
  if (!asked?.includes(':')) return { ...hints, stem };
  const [library, architecture] = asked.split(':') as [string, string];
  const said = libraryNamed(library);
  checkLibraryName(said, architecture);
  return { ...hints, library: said, architecture, stem };
}

/** torchvision's name; null where none is asked for. @throws GraphError `UNKNOWN_BACKBONE` */
function askedName(asked: string | undefined): string | null {
  const name = asked?.replace(/^torchvision:/, '');
  return name === undefined || name.includes(':') ? null : backbone(name).name;
}

/** @throws GraphError `UNKNOWN_BACKBONE` */
function libraryNamed(library: string): Library {
  const found = LIBRARIES.find((known) => known === library);
  if (found !== undefined) return found;
  const meant = nearest(library, LIBRARIES);
  throw new GraphError('UNKNOWN_BACKBONE', `"${printable(library)}" is not a library known here`, {
    hint: `${meant === null ? '' : `Did you mean ${meant}? `}There are ${LIBRARIES.join(', ')}.`,
  });
}

/** Shapes under names without wrappers, without what only training uses. */
function clean(all: Shapes, ignore: readonly string[]): { shapes: Shapes; originals: ReadonlyMap<string, string> } {
  const shapes = new Map<string, readonly number[]>();
  const originals = new Map<string, string>();
  for (const [name, shape] of all) {
    const short = unwrappedName(name);
    const isIgnored = ignore.some((module) => short === module || short.startsWith(`${module.replace(/\.$/, '')}.`));
    if (/(^|\.)num_batches_tracked$/.test(short) || isIgnored) continue;
    shapes.set(short, shape);
    originals.set(short, name);
  }
  return { shapes, originals };
}

function leftoverOf(shapes: Shapes, { names, training, computed }: FoundBody): string[] {
  const taken = new Set([...names.values(), training, computed].flat());
  return [...shapes.keys()].filter((name) => !taken.has(name));
}

/** What the tensors beside a body say about it. */
function refined(found: FoundBody, shapes: Shapes, rest: readonly string[]): FoundBody {
  const more =
    found.family.refine?.(
      found.body,
      rest.map((name) => shapes.get(name)!),
    ) ?? null;
  return more === null ? found : { ...found, body: more.body, assumed: [...found.assumed, ...more.assumed] };
}

function chooseHead(
  { heads, misfits, others }: HeadSearch,
  shapes: Shapes,
  { body }: FoundBody,
  { head: asked, label }: RecogniseOptions,
): FoundHead | null {
  if (asked === 'none') return null;
  if (asked !== undefined) {
    const wanted = unwrappedName(asked);
    const named = heads.find(({ root, modules }) => root === wanted || modules[0]?.path === wanted);
    if (named !== undefined) return named;
    const unfit = others.filter(({ path }) => path === wanted);
    if (unfit.length > 0) throw refuse.unfitHead(unfit, shapes, featuresOf(body), label);
    throw refuse.noSuchHead(asked, heads, label);
  }
  if (heads.length > 1) throw refuse.severalHeads(heads, label);
  if (heads.length === 0 && misfits.length > 0) throw refuse.unfitHead(misfits, shapes, featuresOf(body), label);
  return heads[0] ?? null;
}

/** @throws ConvertError `BACKBONE_MISMATCH` if the network is another one than asked for */
function checkAsked(asked: string, { network, tensors }: Recognised, label: string): void {
  if (network.backbone === asked) return;
  const { head, headLayers, classes } = network;
  const expected = parameters(buildGraph({ backbone: asked, head, headLayers, classes: classes }));
  const actual = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  const problems = tensorProblems(expected, actual);
  throw new ConvertError(
    'BACKBONE_MISMATCH',
    `${label}: is ${network.backbone}, not ${asked}: ${problems.length} of ${Math.max(expected.size, actual.size)} ` +
      `tensors differ: ${describeTensorProblems(problems)}`,
  );
}
