/** Finds a network by its tensors' names and shapes: its body, in any known spelling, then its head in the rest. */

import { isSame } from '#platform';
import { nearest, printable } from '../../base/index.js';
import { backbone, buildGraph, featuresOf, type Hints, LIBRARIES, type Library } from '../../graph/backbones/index.js';
import { describeTensorProblems, GraphError, parameters, tensorProblems } from '../../graph/index.js';
import { ConvertError } from '../convert-error.js';
import { assemble, type Recognised } from './assemble.js';
import { checkLeftOut, checkStrides, chooseBody, settled } from './choose-body.js';
import type { FoundBody } from './find-bodies.js';
import { findHead, type HeadSearch } from './find-head.js';
import { doubtOf, type FoundHead, type HeadModule, type RecogniseOptions } from './head.js';
import { checkClassifier, checkLibraryName, hintsOfClass, knownClass } from './library-names.js';
import * as refuse from './refusals.js';
import { type Shapes, unwrappedName } from './shapes.js';
import { checkClasses, withForward } from './timm.js';

/**
 * @throws ConvertError `BACKBONE_UNKNOWN`, `BACKBONE_MISMATCH` (a body that nearly fits, with the first differences),
 *   `BACKBONE_AMBIGUOUS`, `CHECKPOINT_AMBIGUOUS`, `PREFIX_NOT_FOUND`, `HEAD_NOT_SUPPORTED`, `HEAD_AMBIGUOUS`,
 *   `HEAD_NOT_FOUND`, `TENSORS_LEFT_OUT`, `IGNORE_NOT_FOUND`; GraphError `UNKNOWN_BACKBONE`
 */
export function recognise(tensors: Shapes, options: RecogniseOptions): Recognised {
  const hints = hintsOf(options);
  const asked = askedName(options.backbone);
  const { shapes, originals } = clean(tensors, options.ignore ?? [], options.label);
  const read = (said: Hints) => chooseBody(shapes, originals, said, options);
  const body = settled(read(hints), { hints, isTorchvision: asked !== null, label: options.label }, (forward) =>
    read({ ...hints, forward }),
  );
  checkStrides(tensors, body, options.label);
  checkCountedLayers(body.body, hints, options.label);
  const rest = leftoverOf(shapes, body);
  const sized = refined(body, shapes, rest);
  const all = findHead(shapes, rest, sized.container, featuresOf(sized.body));
  const found = findTwin(sized, all);
  const head = chooseHead(found.search, shapes, found.body, options);
  if (head !== null) {
    checkTwin(found.body, head, found.twin, options.label);
    checkClassifier(found.body, hints, options.label);
  }
  const [twin, search] = head === null ? [null, all] : [found.twin, found.search];
  checkLeftOut(found.body, search, shapes, options);
  const result = assemble(found.body, { head, twin }, search, shapes, originals, options);
  if (asked !== null) checkAsked(asked, result, options.label);
  if (hints.forward !== undefined && options.head === undefined)
    checkClasses(result.network.classes, featuresOf(found.body.body), hints.config ?? {}, options.label);
  return result;
}

/**
 * `timm:NAME` and the like, before what a folder says.
 * @throws GraphError `UNKNOWN_BACKBONE`; ConvertError for a network of timm that is not converted
 */
function hintsOf({ backbone: asked, stem, hints, label }: RecogniseOptions): Hints {
  if (!asked?.includes(':')) return withForward({ ...hints, stem }, label);
  const [library, architecture] = asked.split(':') as [string, string];
  const said = libraryNamed(library);
  checkLibraryName(said, architecture);
  const row = said === 'transformers' ? knownClass(architecture) : null;
  if (row !== null) return { ...hints, library: said, architecture: row.type, ...hintsOfClass(architecture), stem };
  return withForward({ ...hints, library: said, architecture, stem }, label);
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
function clean(all: Shapes, ignore: readonly string[], label: string) {
  const unseen = new Set(ignore);
  const shapes = new Map<string, readonly number[]>();
  const originals = new Map<string, string>();
  for (const [name, shape] of all) {
    const short = unwrappedName(name);
    const ignored = ignore.filter((module) => short === module || short.startsWith(`${module.replace(/\.$/, '')}.`));
    for (const module of ignored) unseen.delete(module);
    if (/(^|\.)num_batches_tracked$/.test(short) || ignored.length > 0) continue;
    shapes.set(short, shape);
    originals.set(short, name);
  }
  const [missing] = unseen;
  if (missing !== undefined) {
    throw new ConvertError('IGNORE_NOT_FOUND', `${label}: --ignore ${printable(missing)}: no tensor is in this module`);
  }
  return { shapes, originals };
}

function leftoverOf(shapes: Shapes, { names, training, unused, computed }: FoundBody): string[] {
  const taken = new Set([...names.values(), training, unused, computed].flat());
  return [...shapes.keys()].filter((name) => !taken.has(name));
}

/** What the tensors beside a body say about it. */
function refined(found: FoundBody, shapes: Shapes, rest: readonly string[]): FoundBody {
  const others = rest.map((name) => shapes.get(name)!);
  const more = found.family.refine(found.body, others);
  return more === null ? found : { ...found, body: more.body, assumed: [...found.assumed, ...more.assumed] };
}

function chooseHead(
  { heads, misfits, others, linears }: HeadSearch,
  shapes: Shapes,
  { body }: FoundBody,
  { head: asked, label }: RecogniseOptions,
): FoundHead | null {
  if (asked === 'none') return null;
  if (asked !== undefined) {
    const wanted = unwrappedName(asked);
    const named = heads.filter(({ root, end, modules }) => [root, end, modules[0]?.path].includes(wanted));
    if (named.length > 1) throw refuse.severalHeads(named, label);
    if (named[0] !== undefined) return named[0];
    const unfit = others.filter(({ path }) => path === wanted);
    if (unfit.length > 0) throw refuse.unfitHead(unfit, shapes, featuresOf(body), label);
    throw refuse.noSuchHead(asked, heads, label);
  }
  if (heads.length > 1) throw refuse.severalHeads(heads, label);
  if (heads.length === 0 && misfits.length > 0) throw refuse.unfitHead(misfits, shapes, featuresOf(body), label);
  const [head] = heads;
  if (head === undefined) return null;
  if (linears.length > 0) throw refuse.otherLinears(head, linears, shapes, label);
  const doubt = doubtOf(head);
  if (doubt !== null) throw refuse.doubtfulHead(head, doubt, label);
  return head;
}

/** @throws ConvertError `BACKBONE_MISMATCH` if the network is another one than asked for */
function checkAsked(asked: string, { network, tensors }: Recognised, label: string): void {
  if (network.backbone === asked) return;
  const { head, headLayers, classes } = network;
  const expected = parameters(buildGraph({ backbone: asked, head, headLayers, classes: classes }));
  const actual = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  const problems = tensorProblems(expected, actual);
  const message =
    `${label}: is ${network.backbone}, not ${asked}: ${problems.length} of ${Math.max(expected.size, actual.size)} ` +
    `tensors differ: ${describeTensorProblems(problems)}`;
  throw new ConvertError('BACKBONE_MISMATCH', message);
}

/** Fields of configurations, and what the same is called in bodies. */
const COUNTED = { num_hidden_layers: 'depth', depths: 'depths' } as const;

/** @throws ConvertError `HUB_FOLDER_INVALID` */
function checkCountedLayers(body: object, { library, config }: Hints, label: string): void {
  if (library !== 'transformers') return;
  const inner = config?.['vision_config'];
  const said: Readonly<Record<string, unknown>> =
    typeof inner === 'object' && inner !== null ? { ...inner } : { ...config };
  const found: Readonly<Record<string, unknown>> = { ...body };
  for (const [field, name] of Object.entries(COUNTED)) {
    const [counted, there] = [told(said[field]), told(found[name])];
    if (counted === null || there === null || counted === there) continue;
    const message = `${label}: config.json says ${field} ${counted}, the tensors have ${there}`;
    throw new ConvertError('HUB_FOLDER_INVALID', message);
  }
}

/** A number, or several; null for anything else. */
function told(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  const isList = Array.isArray(value) && value.every((each) => typeof each === 'number');
  return isList ? `[${value.join(', ')}]` : null;
}

/** The second head of a network that takes the mean of two, such as a distilled DeiT. */
interface TwinSearch {
  body: FoundBody;
  /** The first heads that fit. */
  search: HeadSearch;
  twin: FoundHead | null;
}

/** Takes the second head from those that were found; its being there says that the network takes two. */
function findTwin(found: FoundBody, search: HeadSearch): TwinSearch {
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
function checkTwin(found: FoundBody, head: FoundHead, twin: FoundHead | null, label: string): void {
  const { twin: known } = found.family;
  const takesTwo = known !== null && isSame(known.body(found.body), found.body);
  if (takesTwo && twin === null) throw refuse.noTwin(known.module, head, label);
  if (twin !== null && !isSame(twin.modules.map(sizes), head.modules.map(sizes)))
    throw refuse.unequalTwins(head, twin, label);
}

function sizes({ kind, inputs, outputs, bias }: HeadModule): object {
  return { kind, inputs, outputs, bias };
}
