/**
 * Finds out which network a state dict holds, from the names and shapes of its tensors alone: first its body, under any
 * prefix and in any spelling known here, then its head among the tensors that are left.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  backbone,
  backboneNames,
  buildGraph,
  familyOf,
  featuresOf,
  type Hints,
  LIBRARIES,
  type NetworkSpec,
  type Stem,
} from '../../graph/backbones/index.js';
import { describeTensorProblems, parameters, tensorProblems } from '../../graph/index.js';
import type { Body } from '../../weights/index.js';
import { ConvertError } from '../convert-error.js';
import { usualHead } from './canonical-head.js';
import { checkCountedLayers } from './counted-layers.js';
import { strangerIn } from './families.js';
import { type FoundBody, findBodies } from './find-bodies.js';
import { containersOf, findHead, type HeadSearch } from './find-head.js';
import { type ActivationChoice, type FoundHead, readHead } from './head.js';
import { checkLibraryName } from './known-name.js';
import type { Part } from './parts.js';
import * as refuse from './refusals.js';
import { moduleOf, type Shapes, unwrappedName } from './shapes.js';
import { checkTwin, findTwin } from './twin-head.js';

/**
 * What a person says about a checkpoint.
 *
 * @example
 * ```ts
 * import type { RecogniseOptions } from 'image-drift/convert';
 *
 * // One of two copies of a network, with GELU in its head.
 * const options: RecogniseOptions = { label: 'model.pth', prefix: 'ema', headActivation: 'gelu' };
 * ```
 */
export interface RecogniseOptions {
  /**
   * torchvision's name of the backbone: then the network must be this one. Or a name with its library, which says what no
   * tensor says: `torchvision:NAME`, `timm:NAME`, `open_clip:NAME`, `transformers:TYPE`.
   */
  backbone?: string | undefined;
  /** What stands beside the tensors in a folder of Hugging Face. `backbone` goes before it. */
  hints?: Hints | undefined;
  /** What stands before the tensors of the network that is meant, if there are several. */
  prefix?: string | undefined;
  /** The module that is the head; `none`: the body alone. Default: found by itself. */
  head?: string | undefined;
  /** The activation between the Linear layers of the head; default `relu`. */
  headActivation?: ActivationChoice | undefined;
  /** Stride and pooling of the first layers, which shapes do not show. Default: by the size of the first filter. */
  stem?: Stem | undefined;
  /** Modules whose tensors are left out. */
  ignore?: readonly string[] | undefined;
  /** Whether two tensors hold the same values: copies of one network are then one. Default: never. */
  same?: ((a: string, b: string) => boolean) | undefined;
  /** File name, for messages. */
  label: string;
}

/** What of the checkpoint is a tensor of the network. */
export interface Source {
  /** Its name in the checkpoint; several names are parts that are joined along the first dimension. */
  names: readonly string[];
  /** Its shape in the network. A 1×1 convolution in a head becomes a matrix. */
  shape: readonly number[];
  /** What is taken of each of `names`. Default: all. */
  parts?: readonly Part[];
}

export interface Recognised {
  network: NetworkSpec;
  /** How the body's tensors are called. */
  spelling: FoundBody['spelling'];
  /** The network's tensors by their names there, in the network's order. */
  tensors: ReadonlyMap<string, Source>;
  /** What stands before the body's tensors in the checkpoint. */
  prefix: string;
  /** The module of the checkpoint that holds the head; null without a head. */
  head: string | null;
  /** What the tensors do not show and was assumed, one sentence each. */
  assumed: string[];
  /** Modules of the checkpoint whose tensors the network does not use. */
  leftOut: string[];
}

/**
 * @param tensors shapes by state-dict name
 * @throws ConvertError `BACKBONE_UNKNOWN` (no known body), `BACKBONE_MISMATCH` (a body that does not fit quite, with the
 *   first differences), `BACKBONE_AMBIGUOUS`, `CHECKPOINT_AMBIGUOUS`, `PREFIX_NOT_FOUND`, `HEAD_NOT_SUPPORTED`, `HEAD_AMBIGUOUS`,
 *   `HEAD_NOT_FOUND`
 * @throws GraphError `UNKNOWN_BACKBONE`
 */
export function recognise(tensors: Shapes, options: RecogniseOptions): Recognised {
  const hints = hintsOf(options);
  const asked = hints.library === undefined || hints.library === 'torchvision' ? askedName(options.backbone) : null;
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
  const [library, architecture] = asked?.split(':') ?? [];
  const said = LIBRARIES.find((known) => known === library);
  if (said !== undefined && architecture !== undefined) checkLibraryName(said, architecture);
  return {
    ...hints,
    ...(said === undefined || architecture === undefined ? {} : { library: said, architecture }),
    stem,
  };
}

/** torchvision's name. @throws GraphError `UNKNOWN_BACKBONE` */
function askedName(asked: string | undefined): string | null {
  return asked === undefined ? null : backbone(asked.replace(/^torchvision:/, '')).name;
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

/** A whole network with fewer tensors than this share of the largest is a part of something else. */
const RIVAL_SHARE = 0.1;
/** A network that comes near one is what is meant, unless a whole one has so many more tensors. */
const NEAR_SHARE = 0.5;

function chooseBody(
  shapes: Shapes,
  originals: ReadonlyMap<string, string>,
  hints: Hints,
  { prefix, same, label }: RecogniseOptions,
): FoundBody {
  const { whole, near } = findBodies(shapes, hints);
  if (prefix !== undefined) {
    const asked = whole.filter((body) => isUnder(body.prefix, prefix));
    if (asked.length === 1) return asked[0]!;
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
  return largest;
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

function assemble(
  found: FoundBody,
  { head, twin }: { head: FoundHead | null; twin: FoundHead | null },
  { heads, misfits, others }: HeadSearch,
  shapes: Shapes,
  originals: ReadonlyMap<string, string>,
  { head: asked, headActivation, label }: RecogniseOptions,
): Recognised {
  const { prefix, container: innermost, channels } = found;
  const beside = others.filter(
    (group) =>
      multiplies(group.names, shapes) &&
      isInBody(group.path, prefix) &&
      !(asked !== undefined && misfits.includes(group)),
  );
  if (beside.length > 0) throw refuse.foreignInBody(beside, found, label);
  const containers = containersOf(innermost).map((container) => container.replace(/\.$/, ''));
  const read =
    head === null
      ? null
      : readHead(head, containers.includes(head.root) || holdsBody(head.root, found), headActivation ?? 'relu');
  const usual = usualHead(found.body, read?.layers ?? [], {
    convolution: head?.modules.some(({ convolution }) => convolution) ?? false,
    saysActivation: headActivation !== undefined,
  });
  const body = usual.isOwn ? found.body : found.family.underOtherHead(found.body);
  const classes = read?.layers.findLast(({ layer }) => layer === 'linear')?.outputs ?? 0;
  const headLayers = read === null ? [] : usual.headLayers;
  const network: NetworkSpec = {
    ...named(body),
    head: usual.head,
    ...(headLayers === undefined ? {} : { headLayers }),
    classes,
    ...(channels === 3 ? {} : { channels }),
  };
  const sources = new Map(found.names);
  const { head: own, twin: other } = found.family;
  const twinPaths = usual.paths.map((path) => (other?.module ?? '') + path.slice(own.module.length));
  for (const [modules, paths] of [[head?.modules, usual.paths] as const, [twin?.modules, twinPaths] as const]) {
    for (const [i, module] of (modules ?? []).entries()) {
      const parts = [...shapes.keys()].filter((name) => moduleOf(name) === module.path);
      for (const name of parts) sources.set(paths[i]! + name.slice(module.path.length), [name]);
    }
  }
  const used = new Set([...sources.values(), found.computed].flat());
  const unused = [...shapes.keys()].filter((name) => !used.has(name));
  const dropped = [...others, ...heads.filter((other) => other !== head).map(({ root }) => ({ path: root }))];
  const tensors = new Map<string, Source>();
  for (const [name, shape] of parameters(buildGraph(network))) {
    const original = (own: string) => originals.get(own)!;
    const parts = found.parts.get(name)?.map((part) => ({ ...part, name: original(part.name) })) ?? [];
    const isCut = parts.some(({ share, transposed }) => share !== undefined || transposed === true);
    tensors.set(name, { names: sources.get(name)!.map(original), shape, ...(isCut ? { parts } : {}) });
  }
  return {
    network,
    spelling: found.spelling,
    tensors,
    prefix,
    head: head?.root ?? null,
    assumed: [...found.assumed, ...(usual.isOwn ? [] : (read?.assumed ?? []))],
    leftOut: unused.length === 0 ? [] : [...new Set([...dropped.map(({ path }) => path), ...trainingModules(found)])],
  };
}

/** Whether a module holds tensors of the body, such as the norm at the beginning of torchvision's ConvNeXt classifier. */
function holdsBody(module: string, { names }: FoundBody): boolean {
  return module !== '' && [...names.values()].flat().some((name) => name.startsWith(`${module}.`));
}

/** Whether one of the tensors can take part in computing features: counters and class weights cannot. */
function multiplies(names: readonly string[], shapes: Shapes): boolean {
  return names.some((name) => shapes.get(name)!.length >= 2);
}

/** Whether a module stands directly among the body's own. */
function isInBody(path: string, prefix: string): boolean {
  return path.slice(0, path.lastIndexOf('.') + 1) === prefix;
}

/** torchvision's name for a body, and the body itself where it differs from torchvision's. */
function named(body: Body): Pick<NetworkSpec, 'backbone' | 'body'> {
  const known = backboneNames().map(backbone);
  const exact = known.find((candidate) => isDeepStrictEqual(candidate.body, body));
  if (exact !== undefined) return { backbone: exact.name };
  const alike = known.find((candidate) => isAlike(candidate.body, body));
  return { backbone: alike?.name ?? body.family, body };
}

/** Whether two bodies differ only in their first layers, or in the pooling before the head. */
function isAlike(a: Body, b: Body): boolean {
  const { name, essence } = familyOf(a);
  return name === b.family && isDeepStrictEqual(essence?.(a), essence?.(b));
}

/** The outermost modules of what only training uses. */
function trainingModules({ training, prefix }: FoundBody): string[] {
  return [...new Set(training.map((name) => prefix + name.slice(prefix.length).split('.')[0]!))];
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
