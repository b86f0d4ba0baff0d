/**
 * `torch.onnx.export(dynamo=False)` numbers a module that runs again: `layer1.0.relu_1`. All runs get the path without
 * a number, which stands for the last run. `relu_1` is a module of its own if it has other operators or other weights.
 */
import type { OnnxNode } from './onnx-model.js';

const NUMBERED = /^(.+)_([1-9]\d{0,3})$/;

/** @param initialisers their names */
export function withModuleRuns(nodes: readonly OnnxNode[], initialisers: { has(name: string): boolean }): OnnxNode[] {
  const contents = contentsOf(nodes, initialisers);
  const known = new Map<string, string>();
  const canonical = (path: string): string => {
    const found = known.get(path) ?? ownPath(path, contents, canonical);
    known.set(path, found);
    return found;
  };
  return nodes.map((node) => (isNumbered(node) ? { ...node, module: canonical(node.module) } : node));
}

/** The newer exporter has no numbers, and its nodes have other names. */
function isNumbered(node: OnnxNode): node is OnnxNode & { module: string } {
  return node.module !== null && node.name.startsWith('/');
}

/** What is inside each module: its operators, with the tensors that they read. */
function contentsOf(nodes: readonly OnnxNode[], initialisers: { has(name: string): boolean }) {
  const parts = new Map<string, string[]>();
  for (const node of nodes.filter(isNumbered)) {
    const said = [node.op, ...node.inputs.filter((name) => initialisers.has(name))].join(' ');
    for (let path = node.module; path !== ''; path = parentOf(path)) {
      const found = parts.get(path);
      if (found === undefined) parts.set(path, [said]);
      else found.push(said);
    }
  }
  return new Map([...parts].map(([path, said]) => [path, said.join('\n')]));
}

function ownPath(path: string, contents: ReadonlyMap<string, string>, canonical: (path: string) => string): string {
  const parent = parentOf(path);
  const before = parent === '' ? '' : `${parent}.`;
  const child = path.slice(before.length);
  const [, name, number] = NUMBERED.exec(child) ?? [];
  const first = `${before}${name}`;
  const last = number === '1' ? first : `${first}_${Number(number) - 1}`;
  const isAgain = name !== undefined && contents.has(last) && contents.get(first) === contents.get(path);
  const own = isAgain ? name : child;
  return parent === '' ? own : `${canonical(parent)}.${own}`;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}

// The PyTorch module of an operator. `torch.onnx.export(dynamo=True)` has it in the metadata, from the outside in,
// before the operator: `['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_3']`. `dynamo=False` has it in the name,
// `/layer1/layer1.0/conv1/Conv`: a part is the child's name, or in a Sequential or a list the parent's name and the
// child's position.

/** @returns null where the exporter does not say; the empty path for the network itself */
export function modulePath(nodeName: string, scopes: string | null): string | null {
  if (scopes !== null) return fromScopes(scopes);
  return nodeName.startsWith('/') ? fromNodeName(nodeName) : null;
}

/** A list as Python prints it. */
function fromScopes(scopes: string): string | null {
  const names = [...scopes.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double ?? '');
  return names.at(-2) ?? null;
}

function fromNodeName(name: string): string {
  const parts = name.split('/').slice(1, -1);
  let path = '';
  let last = '';
  for (const part of parts) {
    const isPosition = last !== '' && part.startsWith(`${last}.`);
    const parent = isPosition ? path.slice(0, path.length - last.length) : path === '' ? '' : `${path}.`;
    path = parent + part;
    last = part;
  }
  return path;
}
