/** Puts a network together from a body and a head: its description, and where each of its tensors comes from. */
import { isSame } from '#platform';
import {
  backbone,
  backboneNames,
  buildGraph,
  familyOf,
  hiddenSizes,
  type NetworkSpec,
} from '../../graph/backbones/index.js';
import { parameters } from '../../graph/index.js';
import type { Body, HeadLayer } from '../../weights/index.js';
import type { FoundBody } from './find-bodies.js';
import { containersOf, type HeadSearch } from './find-head.js';
import { type FoundHead, type RecogniseOptions, readHead, usualActivation } from './head.js';
import type { Part } from './shapes.js';
import { commonPath, moduleOf, type Shapes } from './shapes.js';

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

interface FoundHeads {
  head: FoundHead | null;
  /** The second of two whose mean is taken. */
  twin: FoundHead | null;
}

export function assemble(
  found: FoundBody,
  { head, twin }: FoundHeads,
  { heads, others }: HeadSearch,
  shapes: Shapes,
  originals: ReadonlyMap<string, string>,
  { headActivation }: RecogniseOptions,
): Recognised {
  const { prefix, container: innermost, channels } = found;
  const containers = containersOf(innermost).map((container) => container.replace(/\.$/, ''));
  const read =
    head === null
      ? null
      : readHead(
          head,
          containers.includes(head.root) || holdsBody(head.root, found),
          headActivation ?? usualActivation(head, found.family.name),
        );
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
  const sources = sourcesOf(found, { head, twin }, usual.paths, shapes);
  const used = new Set([...sources.values(), found.computed].flat());
  const isWhole = [...shapes.keys()].every((name) => used.has(name));
  const dropped = [...others, ...heads.filter((other) => other !== head).map(({ root }) => ({ path: root }))];
  return {
    network,
    spelling: found.spelling,
    tensors: tensorsOf(network, found, sources, originals),
    prefix,
    head: head?.root ?? null,
    assumed: [...found.assumed, ...(usual.isOwn ? [] : (read?.assumed ?? []))],
    leftOut: isWhole
      ? []
      : [...new Set([...dropped.map(({ path }) => path), ...trainingModules(found), ...unusedModules(found)])],
  };
}

/** The network's tensors → names in the checkpoint, without wrappers. @param paths the head's modules in the network */
function sourcesOf({ names, family }: FoundBody, { head, twin }: FoundHeads, paths: readonly string[], shapes: Shapes) {
  const sources = new Map<string, readonly string[]>(names);
  const { head: own, twin: other } = family;
  const twinPaths = paths.map((path) => (other?.module ?? '') + path.slice(own.module.length));
  for (const [modules, places] of [[head?.modules, paths] as const, [twin?.modules, twinPaths] as const]) {
    for (const [i, module] of (modules ?? []).entries()) {
      const parts = [...shapes.keys()].filter((name) => moduleOf(name) === module.path);
      for (const name of parts) sources.set(places[i]! + name.slice(module.path.length), [name]);
    }
  }
  return sources;
}

/** The same by their names in the checkpoint, in the network's order. */
function tensorsOf(
  network: NetworkSpec,
  found: FoundBody,
  sources: ReadonlyMap<string, readonly string[]>,
  originals: ReadonlyMap<string, string>,
): Map<string, Source> {
  const original = (own: string) => originals.get(own)!;
  const tensors = new Map<string, Source>();
  for (const [name, shape] of parameters(buildGraph(network))) {
    const parts = found.parts.get(name)?.map((part) => ({ ...part, name: original(part.name) })) ?? [];
    const isCut = parts.some(({ share, transposed }) => share !== undefined || transposed === true);
    tensors.set(name, { names: sources.get(name)!.map(original), shape, ...(isCut ? { parts } : {}) });
  }
  return tensors;
}

/** Whether a module holds tensors of the body, as torchvision's ConvNeXt classifier has a norm at its beginning. */
function holdsBody(module: string, { names }: FoundBody): boolean {
  return module !== '' && [...names.values()].flat().some((name) => name.startsWith(`${module}.`));
}

/** torchvision's name for a body, and the body itself where it differs from torchvision's. */
function named(body: Body): Pick<NetworkSpec, 'backbone' | 'body'> {
  const known = backboneNames().map(backbone);
  const exact = known.find((candidate) => isSame(candidate.body, body));
  if (exact !== undefined) return { backbone: exact.name };
  const alike = known.find((candidate) => isAlike(candidate.body, body));
  return { backbone: alike?.name ?? body.family, body };
}

/** Whether two bodies differ only in their first layers, or in the pooling before the head. */
function isAlike(a: Body, b: Body): boolean {
  const { name, essence } = familyOf(a);
  return name === b.family && isSame(essence(a), essence(b));
}

/** The outermost modules of what only training uses. */
function trainingModules({ training, prefix }: FoundBody): string[] {
  return [...new Set(training.map((name) => prefix + name.slice(prefix.length).split('.')[0]!))];
}

/** The outermost modules of a body that it does not use. */
function unusedModules({ unused }: FoundBody): string[] {
  const modules = [...new Set(unused.map(moduleOf))];
  return modules.filter((path) => !modules.some((other) => path.startsWith(`${other}.`)));
}

/**
 * The network's module with exactly the tensors of the one that is asked for, or null. Of modules with the same
 * tensors, the innermost are taken for each other, and the outermost: an outer one may add to what the inner one gives.
 * @param asked a module path of the checkpoint, without what is before all its names
 */
export function aliasOf(
  asked: string,
  { tensors, prefix, spelling }: Pick<Recognised, 'tensors' | 'prefix' | 'spelling'>,
): string | null {
  const within = (module: string) =>
    [...tensors].filter(([, { names }]) =>
      names.every((name) => isIn(name, module) || isIn(name.slice(prefix.length), module)),
    );
  const own = within(asked);
  const [first, ...others] = own.map(([usual]) => moduleOf(usual));
  if (first === undefined || spelling.differing?.test(asked) === true) return null;
  const common = others.reduce((path, module) => commonPath(path, module), first);
  const isLayer = own.every(([, { names }]) =>
    names.every((name) => [name, name.slice(prefix.length)].some((own) => moduleOf(own) === asked)),
  );
  if (isLayer && spelling.normsActivate === true && tensors.has(`${first}.running_var`)) return null;
  const outer = moduleOf(asked);
  if (!isLayer && outer !== '' && within(outer).length === own.length) return null;
  const path = isLayer ? common : outermost(common, [...tensors.keys()]);
  const inside = [...tensors.keys()].filter((usual) => isIn(usual, path));
  return path !== '' && inside.length === own.length ? path : null;
}

/** The outermost module around `path` that holds no other tensors. */
function outermost(path: string, tensors: readonly string[]): string {
  const count = (module: string) => tensors.filter((name) => isIn(name, module)).length;
  const outer = moduleOf(path);
  return outer !== '' && count(outer) === count(path) ? outermost(outer, tensors) : path;
}

function isIn(tensor: string, module: string): boolean {
  return tensor.startsWith(`${module}.`);
}

interface UsualHead {
  head: number[];
  /** All layers, if `head` does not describe them. */
  headLayers?: HeadLayer[];
  /** The path of each Linear and batch norm of the head, in order. */
  paths: string[];
  /** Whether this is the family's own head, whose activations are known. */
  isOwn: boolean;
}

/** @param saysActivation whether the activation was given: then a family's own is only taken if it is the same */
export function usualHead(
  body: Body,
  layers: readonly HeadLayer[],
  { convolution, saysActivation }: { convolution: boolean; saysActivation: boolean },
): UsualHead {
  const family = familyOf(body);
  const root = family.head.module;
  const linears = layers.filter(isLinear);
  const plain = layers.every((layer) => ['linear', 'relu', 'dropout'].includes(layer.layer) && hasBias(layer));
  const alternate = linears.length - 1 === layers.filter(({ layer }) => layer === 'relu').length;
  const named = layers.every(({ name }, i) => name === String(i));
  const isPerceptron = plain && alternate && linears.length > 1 && layers.length === 2 * linears.length - 1 && named;
  if (isPerceptron) {
    return { head: hiddenSizes(layers), paths: linears.map(({ name }) => `${root}.${name}`), isOwn: false };
  }
  const own = { ...family.head, layers: family.headLayers(body) };
  if (isOwnHead(own, layers, convolution, saysActivation)) {
    const ownLinears = own.layers.filter(isLinear);
    const paths = ownLinears.map(({ name }) => (name ? `${root}.${name}` : root));
    const exact = ownLinears.every((layer, i) => hasBias(layer) === hasBias(linears[i]!));
    if (exact) return { head: [], paths, isOwn: true };
    return { head: hiddenSizes(layers), headLayers: withLinears(own.layers, linears), paths, isOwn: true };
  }
  const withTensors = layers.filter(({ layer }) => layer === 'linear' || layer === 'batch_norm');
  const paths = withTensors.map(({ name }) => (name === '' ? root : `${root}.${name}`));
  return { head: hiddenSizes(layers), headLayers: [...layers], paths, isOwn: false };
}

/** Whether this is the family's own head, apart from the biases of its Linears. */
function isOwnHead(
  own: ReturnType<typeof familyOf>['head'],
  layers: readonly HeadLayer[],
  convolution: boolean,
  saysActivation: boolean,
): boolean {
  const linears = layers.filter(isLinear);
  if (linears.length === 0 || layers.some(({ layer }) => layer === 'batch_norm')) return false;
  if (own.ofMaps !== undefined) return convolution && linears.length === 1 && hasBias(linears[0]!);
  if (hiddenSizes(layers).join() !== hiddenSizes(own.layers).join()) return false;
  if (own.layers.length === 1 && layers.length > 1) return false;
  const activations = (all: readonly HeadLayer[]) =>
    all.map(({ layer }) => layer).filter((layer) => !PASSIVE.includes(layer));
  const isSame = activations(layers).join() === activations(own.layers).join();
  const isAssumed = !saysActivation && activations(layers).length === activations(own.layers).length;
  return isSame || isAssumed;
}

const PASSIVE: readonly string[] = ['linear', 'dropout'];

/** The layers of one head with the Linears of another, under its own names. */
function withLinears(layers: readonly HeadLayer[], linears: readonly HeadLayer[]): HeadLayer[] {
  const rest = [...linears];
  return layers.map((layer) => (isLinear(layer) ? { ...rest.shift()!, name: layer.name } : layer));
}

function isLinear({ layer }: HeadLayer): boolean {
  return layer === 'linear';
}

function hasBias({ bias = true }: Pick<HeadLayer, 'bias'>): boolean {
  return bias;
}
