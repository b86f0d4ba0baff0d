/** The topology of a graph model: TensorFlow's GraphDef as JSON (tensorflow/core/framework/graph.proto, node_def.proto). */
import { z } from 'zod';
import { ConvertError } from '../../convert-error.js';
import { checked, type ModelJson } from '../file/model-json.js';

/** The largest network known has 20,000 nodes. */
const MAX_NODES = 200_000;

const nodeSchema = z.object({
  name: z.string().max(2000),
  op: z.string().max(2000),
  input: z.array(z.string().max(2000)).optional(),
  attr: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
export type TfNode = z.infer<typeof nodeSchema>;

const tensorSchema = z.looseObject({ name: z.string().max(2000) });
const signatureSchema = z.looseObject({
  inputs: z.record(z.string(), tensorSchema).optional(),
  outputs: z.record(z.string(), tensorSchema).optional(),
});

export interface GraphDef {
  nodes: readonly TfNode[];
  /** Values that the model gives, as the signature says; all that no node reads where it says nothing. */
  outputs: readonly string[];
}

/** @throws ConvertError `TFJS_INVALID`, `TFJS_TOO_LARGE` */
export function graphDefOf({ label, topology, signature }: ModelJson): GraphDef {
  const listed = topology['node'] as unknown[];
  if (listed.length > MAX_NODES) {
    throw new ConvertError(
      'TFJS_TOO_LARGE',
      `${label}: has ${listed.length.toLocaleString('en')} nodes, at most ${MAX_NODES.toLocaleString('en')} are read`,
    );
  }
  const nodes = checked(z.array(nodeSchema), listed, label, 'modelTopology.node');
  const said = checked(signatureSchema.nullish(), signature, label, 'signature')?.outputs ?? {};
  const outputs = Object.entries(said).map(([key, { name }]) => valueNamed(name === '' ? key : name));
  return { nodes, outputs: outputs.length > 0 ? outputs : unread(nodes) };
}

/** `name:0` and `name` are the first output of a node; `^name` is only to be run before. */
export function valueNamed(input: string): string {
  return input.endsWith(':0') ? input.slice(0, -2) : input;
}

export function isControl(input: string): boolean {
  return input.startsWith('^');
}

function unread(nodes: readonly TfNode[]): string[] {
  const read = new Set(nodes.flatMap(({ input = [] }) => input.map(valueNamed)));
  return nodes.filter(({ name, op }) => !read.has(name) && op !== 'Const').map(({ name }) => name);
}
