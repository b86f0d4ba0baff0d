/** Looks for the head among the tensors that a body leaves, and tells what else there is. */
import { type FoundHead, type HeadModule, headModules, isChain, isHidden } from './head.js';
import { commonPath, moduleOf, type Shapes } from './shapes.js';

/** Tensors that are side by side in one module of the state dict. */
export interface Group {
  path: string;
  names: string[];
}

export interface HeadSearch {
  /** Every head that fits; more than one if it is not known which is meant. */
  heads: FoundHead[];
  /** Groups that look like a head and do not fit, or are not taken. */
  misfits: Group[];
  /** All groups that are no part of a head that fits. */
  others: Group[];
  /** Those of them that are Linears and batch norms, and no convolutions. */
  linears: Group[];
}

/** Names that people give to heads. */
const HEAD_NAMES =
  /(^|\.)(fc\d*|classifier|head|heads|linear\d*|logits|last_linear|output|out|top|mlp|projector|proj)$/;
/** Heads have fewer modules. */
const MOST_MODULES = 24;

/**
 * Looks in the modules around the body from the inside out. The first that holds a head decides.
 * @param features how many values the head takes
 */
export function findHead(shapes: Shapes, leftover: readonly string[], prefix: string, features: number): HeadSearch {
  const containers = containersOf(prefix);
  const groups = new Map(
    [...groupsIn(earlierFirst(leftover), containers)].map(([container, all]) => [
      container,
      all.flatMap((group) => headsApart(group, shapes, features)),
    ]),
  );
  const chains = new Map<Group, HeadModule[]>();
  for (const group of [...groups.values()].flat()) {
    const modules = headModules(group.names, shapes, features);
    if (modules !== null && modules.length <= MOST_MODULES) chains.set(group, modules);
  }
  const linearsIn = (all: readonly Group[]) =>
    all.filter(
      (group) => chains.get(group)?.some(({ kind, convolution }) => kind === 'linear' && !convolution) === true,
    );
  const likeHeads = (all: readonly Group[]) => {
    // Beside other networks, Linears of any name may be anything.
    const alone = all.every((group) => chains.has(group) || group.names.every((name) => shapes.get(name)!.length <= 2));
    return all.filter((group) => looksLikeHead(group, alone && chains.has(group), shapes));
  };
  for (const container of containers) {
    const heads = likely(headsIn(groups.get(container) ?? [], chains, features));
    if (heads.length === 0) continue;
    const used = new Set(heads.flatMap(({ groups: own }) => own));
    const others = [...groups.values()].flat().filter((group) => !used.has(group));
    return { heads: heads.map(({ head }) => head), misfits: likeHeads(others), others, linears: linearsIn(others) };
  }
  const others = [...groups.values()].flat();
  return { heads: [], misfits: likeHeads(others), others, linears: linearsIn(others) };
}

/** A name may say that its layer comes before those beside it, which are sorted by name in safetensors. */
function earlierFirst(names: readonly string[]): string[] {
  const isEarlier = (name: string) => Number(isHidden(name));
  return [...names].sort((a, b) => isEarlier(b) - isEarlier(a));
}

/** A convolution that would do as a head is rather another layer, if there is a head of Linears. */
function likely(heads: readonly Candidate[]): readonly Candidate[] {
  const linear = heads.filter(({ head }) => !head.modules.some(({ convolution }) => convolution));
  return linear.length > 0 ? linear : heads;
}

/** The modules in which a prefix lies, the innermost first: `a.b.`, `a.` and the top, which is empty. */
export function containersOf(prefix: string): string[] {
  const containers: string[] = [];
  for (let at = prefix; at !== ''; at = at.slice(0, at.lastIndexOf('.', at.length - 2) + 1)) containers.push(at);
  return [...containers, ''];
}

/** By container: each tensor belongs to the innermost container around it, and there to the module that it is in. */
function groupsIn(names: readonly string[], containers: readonly string[]): Map<string, Group[]> {
  const groups = new Map<string, Map<string, Group>>();
  for (const name of names) {
    const container = containers.find((candidate) => name.startsWith(candidate)) ?? '';
    const path = container + name.slice(container.length).split('.')[0]!;
    const own = groups.get(container) ?? new Map<string, Group>();
    const group = own.get(path) ?? { path, names: [] };
    group.names.push(name);
    groups.set(container, own.set(path, group));
  }
  return new Map([...groups].map(([container, own]) => [container, [...own.values()]]));
}

/** A `ModuleDict` of heads as a group for each of them; any other group as it is. */
function headsApart(group: Group, shapes: Shapes, features: number): Group[] {
  const modules = headModules(group.names, shapes, features);
  if (modules === null || isChain(modules, features)) return [group];
  const parts = groupsIn(group.names, [`${group.path}.`]).get(`${group.path}.`) ?? [];
  const starts = parts.filter(({ names }) => isChain(headModules(names, shapes, features) ?? [], features));
  return starts.length > 1 ? parts : [group];
}

interface Candidate {
  head: FoundHead;
  groups: Group[];
}

/** A head is one group, or several that follow each other: `fc1`, `bn`, `fc2`. */
function headsIn(groups: readonly Group[], chains: ReadonlyMap<Group, HeadModule[]>, features: number): Candidate[] {
  const possible = groups.filter((group) => chains.has(group));
  const all = possible.flatMap((group) => chains.get(group)!);
  const starts = possible.filter((group) => isChain(chains.get(group)!, features));
  if (isChain(all, features) && (starts.length <= 1 || isNumbered(possible))) return [candidate(possible, all)];
  const found = starts.map((start) => extended(start, possible, chains, features));
  return [...found, ...branches(found, possible, chains, features)];
}

/** Heads that share their first groups with one that was found: two Linears on what a third gives. */
function branches(
  found: readonly Candidate[],
  possible: readonly Group[],
  chains: ReadonlyMap<Group, HeadModule[]>,
  features: number,
): Candidate[] {
  const used = new Set(found.flatMap(({ groups }) => groups));
  return possible
    .filter((group) => !used.has(group))
    .flatMap((group) => {
      for (const { groups } of found) {
        for (let count = groups.length - 1; count > 0; count--) {
          const shared = [...groups.slice(0, count), group];
          const modules = shared.flatMap((each) => chains.get(each)!);
          if (isChain(modules, features)) return [candidate(shared, modules)];
        }
      }
      return [];
    });
}

/** The chain through all groups that continue one: those after it, then those before, as safetensors sorts names. */
function extended(
  start: Group,
  possible: readonly Group[],
  chains: ReadonlyMap<Group, HeadModule[]>,
  features: number,
): Candidate {
  const own = [start];
  let modules = chains.get(start)!;
  const at = possible.indexOf(start);
  for (const group of [...possible.slice(at + 1), ...possible.slice(0, at)]) {
    const longer = [...modules, ...chains.get(group)!];
    if (isChain(chains.get(group)!, features) || !isChain(longer, features)) continue;
    own.push(group);
    modules = longer;
  }
  return candidate(own, modules);
}

function candidate(groups: Group[], modules: readonly HeadModule[]): Candidate {
  return { head: { root: rootOf(groups, modules), modules, end: groups.at(-1)!.path }, groups };
}

/** `fc` of `fc.0` and `fc.3`; the module itself if it is the only one and no position in a Sequential. */
function rootOf(groups: readonly Group[], modules: readonly HeadModule[]): string {
  if (groups.length > 1) return moduleOf(groups[0]!.path);
  const [{ path }] = groups as [Group];
  const parents = modules.map((module) => (module.path === path ? path : moduleOf(module.path)));
  const deepest = parents.reduce((common, parent) => commonPath(common, parent));
  return deepest.length < path.length ? path : deepest;
}

/** `fc1`, `fc2`: numbers say that one follows the other. */
function isNumbered(groups: readonly Group[]): boolean {
  const stems = groups.map(({ path }) => path.replace(/\d+$/, ''));
  return groups.every(({ path }) => /\d$/.test(path)) && stems.every((stem) => stem === stems[0]);
}

function looksLikeHead({ path, names }: Group, isHeadLike: boolean, shapes: Shapes): boolean {
  const multiplies = names.some((name) => shapes.get(name)!.length >= 2);
  const small = names.length <= 4 * MOST_MODULES && names.every((name) => shapes.get(name)!.length <= 2);
  return multiplies && (isHeadLike || HEAD_NAMES.test(path)) && small;
}
