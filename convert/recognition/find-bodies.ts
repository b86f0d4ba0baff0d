/** Finds the bodies in a state dict: under any prefix, in any spelling, of any depth and width. */
import { isSame } from '#platform';
import {
  buildGraph,
  FAMILIES,
  type Family,
  type Hints,
  type Place,
  type Proposal,
  type Spelling,
} from '../../graph/backbones/index.js';
import { GraphError, parameters, type TensorProblem, tensorProblems } from '../../graph/index.js';
import type { Shapes } from './shapes.js';
import { joinedShape, type Part, partShape, placedParts } from './shapes.js';

export interface FoundBody extends Omit<Proposal, 'unused'> {
  family: Family;
  spelling: Spelling;
  /** What stands before the body's tensors, by the family's names: empty, or it ends with a dot. */
  prefix: string;
  /** The innermost module around the body's tensors, in the same form: `features.` of a VGG. */
  container: string;
  /** The family's name → names in the state dict, of the whole tensor or of its parts in order. */
  names: ReadonlyMap<string, readonly string[]>;
  /** The same with what is taken of each. */
  parts: ReadonlyMap<string, readonly Part[]>;
  /** Tensors that only training uses. */
  training: readonly string[];
  /** Tensors of the body that this network does not use. */
  unused: readonly string[];
  /** Tensors that the network computes by itself. */
  computed: readonly string[];
  /** Where the tensors differ from those of the network that their shapes describe. */
  problems: TensorProblem[];
  /** Other networks that have the same tensors. */
  rivals: FoundBody[];
  /** Prefixes of other networks that it was chosen from: copies of it, or those that `--prefix` passes over. */
  copies: readonly string[];
}

/** Bodies of which every tensor fits, the largest first; and those that come near one, the nearest first. */
export function findBodies(shapes: Shapes, hints: Hints): { whole: FoundBody[]; near: FoundBody[] } {
  const found = FAMILIES.flatMap((family) => {
    return family.spellings.flatMap((spelling) => bodiesIn(family, spelling, shapes, hints));
  });
  const whole = found.filter(({ problems }) => problems.length === 0).sort((a, b) => b.names.size - a.names.size);
  const outermost = whole.filter((body, i) => !whole.slice(0, i).some((larger) => overlaps(body, larger)));
  const near = found.filter(({ problems }) => problems.length > 0).sort((a, b) => fit(b) - fit(a));
  return { whole: outermost, near };
}

/** How many more tensors fit than do not. */
function fit({ names, problems }: FoundBody): number {
  return names.size - 2 * problems.length;
}

function bodiesIn(family: Family, spelling: Spelling, shapes: Shapes, hints: Hints): FoundBody[] {
  const prefixes = new Set<string>();
  const bodies: FoundBody[] = [];
  for (const name of shapes.keys()) {
    const anchor = spelling.anchor.exec(name);
    const prefix = anchor?.[1];
    if (anchor === null || prefix === undefined || prefixes.has(prefix)) continue;
    prefixes.add(prefix);
    const readings = readingsAt(family, spelling, { prefix, config: hints.config, anchor, shapes }, hints);
    const fitting = readings.filter(({ problems }) => problems.length === 0);
    const [first, ...others] = fitting.length > 0 ? fitting : readings.sort((a, b) => fit(b) - fit(a)).slice(0, 1);
    if (first !== undefined) bodies.push({ ...first, rivals: others.filter(({ body }) => !isSame(body, first.body)) });
  }
  return bodies;
}

function readingsAt(family: Family, spelling: Spelling, place: Place, hints: Hints): FoundBody[] {
  const { prefix, shapes } = place;
  const { parts: all, training, computed } = renamed(spelling, place);
  const own = shapesOf(all, shapes);
  return family.propose(own, { ...hints, spelling: spelling.library }).flatMap((proposal) => {
    const expected = tensorsOf(family, proposal);
    if (expected === null) return [];
    const [parts, unused] = withoutUnused(all, proposal.unused);
    return {
      ...proposal,
      family,
      spelling,
      prefix: prefix.replace(/(^|\.)(features|layers)\.$/, '$1'),
      container: prefix,
      names: new Map([...parts].map(([usual, some]) => [usual, some.map(({ name }) => name)])),
      parts,
      training,
      unused,
      computed,
      problems: tensorProblems(expected, withOnes(shapesOf(parts, shapes), expected)),
      rivals: [],
      copies: [],
    };
  });
}

function shapesOf(parts: ReadonlyMap<string, readonly Part[]>, shapes: Shapes): Map<string, readonly number[]> {
  return new Map(
    [...parts].map(([usual, all]) => [usual, joinedShape(all.map((part) => partShape(shapes.get(part.name)!, part)))]),
  );
}

/** The parts that a network uses, and the names in the state dict of the others. */
function withoutUnused(
  parts: ReadonlyMap<string, readonly Part[]>,
  unused: RegExp | undefined,
): [used: ReadonlyMap<string, readonly Part[]>, unused: string[]] {
  if (unused === undefined) return [parts, []];
  const [left, used] = [
    [...parts].filter(([usual]) => unused.test(usual)),
    [...parts].filter(([usual]) => !unused.test(usual)),
  ];
  return [new Map(used), left.flatMap(([, all]) => all.map(({ name }) => name))];
}

/** Shapes with the network's dimensions of 1, which libraries keep or not; all other dimensions must be the same. */
function withOnes(own: Shapes, expected: Shapes): Shapes {
  const dense = (shape: readonly number[] = []) => shape.filter((size) => size !== 1).join();
  return new Map(
    [...own].map(([name, shape]) => {
      const usual = expected.get(name);
      return [name, usual !== undefined && dense(usual) === dense(shape) ? usual : shape];
    }),
  );
}

/** The tensors of the network that a proposal describes; null for a body that no network has. */
function tensorsOf(family: Family, { body, channels }: Proposal): Map<string, readonly number[]> | null {
  try {
    return parameters(buildGraph({ backbone: family.name, body, head: [], headLayers: [], classes: 0, channels }));
  } catch (error) {
    if (error instanceof GraphError) return null;
    throw error;
  }
}

/** The tensors of a body by the family's names, with the parts that they are made of. */
function renamed(spelling: Spelling, place: Place): Pick<FoundBody, 'parts' | 'training' | 'computed'> {
  const { prefix, shapes } = place;
  const parts = new Map<string, Part[]>();
  const training: string[] = [];
  const computed: string[] = [];
  for (const name of shapes.keys()) {
    if (!name.startsWith(prefix)) continue;
    const inside = name.slice(prefix.length);
    if (spelling.training?.test(inside) === true) training.push(name);
    if (spelling.computed?.test(inside) === true) computed.push(name);
    for (const { usual, position, part } of placedParts(name, spelling.rename(inside, place) ?? [])) {
      const all = parts.get(usual) ?? [];
      all[position] = part;
      parts.set(usual, all);
    }
  }
  const whole = [...parts].map(([usual, all]) => [usual, all.filter((part) => part !== undefined)] as const);
  return { parts: new Map(whole), training, computed };
}

function overlaps(body: FoundBody, larger: FoundBody): boolean {
  const taken = new Set([...larger.names.values()].flat());
  return [...body.names.values()].flat().some((name) => taken.has(name));
}
