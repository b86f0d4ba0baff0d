/**
 * The PyTorch module that an operator belongs to, as both of PyTorch's exporters write it down.
 *
 * - `torch.onnx.export(dynamo=True)`: metadata of the node, `['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_3']`: the
 *   modules from the outside in, then the operator itself.
 * - `torch.onnx.export(dynamo=False)`: the node's name, `/layer1/layer1.0/conv1/Conv`. A part is the child's name; if the
 *   parent is a Sequential or a list, the parent's own name and the child's position.
 */

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
