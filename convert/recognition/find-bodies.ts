/** Finds the bodies in a state dict: under any prefix, in any spelling, of any depth and width. */
import { buildGraph } from '../../graph/backbones/index.js';
import { parameters, type TensorProblem, tensorProblems } from '../../graph/index.js';
import { type Proposal, proposeBody, type Stem } from './bodies.js';
import { DIALECTS, type Dialect } from './dialects.js';
import type { Shapes } from './shapes.js';

export interface FoundBody extends Proposal {
  /** What stands before the body's tensors, by torchvision's names: empty, or it ends with a dot. */
  prefix: string;
  /** The innermost module around the body's tensors, in the same form: `features.` of a VGG. */
  container: string;
  /** torchvision's name → name in the state dict. */
  names: ReadonlyMap<string, string>;
  /** Where the tensors differ from those of the network that their shapes describe. */
  problems: TensorProblem[];
}

/** Bodies of which every tensor fits, the largest first; and those that come near one. */
export function findBodies(shapes: Shapes, stem: Stem | undefined): { whole: FoundBody[]; near: FoundBody[] } {
  const found = DIALECTS.flatMap((dialect) => bodiesIn(dialect, shapes, stem));
  const bySize = found.sort((a, b) => b.names.size - a.names.size);
  const whole = bySize.filter(({ problems }) => problems.length === 0);
  const outermost = whole.filter((body, i) => !whole.slice(0, i).some((larger) => overlaps(body, larger)));
  return { whole: outermost, near: bySize.filter(({ problems }) => problems.length > 0) };
}

function bodiesIn(dialect: Dialect, shapes: Shapes, stem: Stem | undefined): FoundBody[] {
  const prefixes = new Set<string>();
  const bodies: FoundBody[] = [];
  for (const name of shapes.keys()) {
    const anchor = dialect.anchor.exec(name);
    const prefix = anchor?.[1];
    if (anchor === null || prefix === undefined || prefixes.has(prefix)) continue;
    prefixes.add(prefix);
    const body = bodyAt(dialect, { prefix, anchor, shapes }, stem);
    if (body !== null) bodies.push(body);
  }
  return bodies;
}

function bodyAt(dialect: Dialect, place: Parameters<Dialect['rename']>[1], stem: Stem | undefined): FoundBody | null {
  const { prefix, shapes } = place;
  const names = new Map<string, string>();
  for (const name of shapes.keys()) {
    const usual = name.startsWith(prefix) ? dialect.rename(name.slice(prefix.length), place) : null;
    if (usual !== null) names.set(usual, name);
  }
  const renamed = new Map([...names].map(([usual, name]) => [usual, shapes.get(name)!]));
  const proposal = proposeBody(dialect.family, renamed, stem);
  if (proposal === null) return null;
  const { body, channels } = proposal;
  const graph = buildGraph({ backbone: body.family, body, head: [], headLayers: [], classes: 0, channels });
  return {
    ...proposal,
    prefix: prefix.replace(/(^|\.)features\.$/, '$1'),
    container: prefix,
    names,
    problems: tensorProblems(parameters(graph), renamed),
  };
}

function overlaps(body: FoundBody, larger: FoundBody): boolean {
  const taken = new Set(larger.names.values());
  return [...body.names.values()].some((name) => taken.has(name));
}
