/** What inference needs of a program's JSON (torch/_export/serde/schema.py, version 8, or a later minor version). */
import * as z from 'zod';
import type { Dtype } from '../../dtype.js';

const name = z.string().max(2000);
const named = z.object({ name });

/** A whole number, or the name of one that depends on the size of the input. */
const sizeSchema = z.union([
  z.object({ as_int: z.number() }),
  z.object({ as_name: name }),
  z.object({ as_expr: z.unknown() }),
]);

const tensorMetaSchema = z.object({
  dtype: z.number(),
  sizes: z.array(sizeSchema).max(64),
  strides: z.array(sizeSchema).max(64),
  storage_offset: sizeSchema,
});

/** One of a union whose kind is the name of its only field. What no operator here reads stays unread. */
const argumentSchema = z.record(z.string(), z.unknown());

const nodeSchema = z.object({
  target: name,
  inputs: z.array(z.object({ name: z.string(), arg: argumentSchema })),
  outputs: z.array(argumentSchema),
  metadata: z.record(z.string(), z.unknown()),
});

export const programSchema = z.object({
  graph_module: z.object({
    graph: z.object({
      inputs: z.array(argumentSchema),
      outputs: z.array(argumentSchema),
      nodes: z.array(nodeSchema),
      tensor_values: z.record(z.string(), tensorMetaSchema),
    }),
    signature: z.object({
      input_specs: z.array(argumentSchema),
      output_specs: z.array(argumentSchema),
    }),
  }),
});

/** Where each tensor of the program lies in the archive. */
export const payloadSchema = z.object({
  config: z.record(
    z.string(),
    z.object({
      path_name: name,
      use_pickle: z.boolean().optional(),
      tensor_meta: tensorMetaSchema.nullish(),
    }),
  ),
});

/** All that is asked of a file before it is known to be of a version that is read. */
export const versionSchema = z.object({ schema_version: z.object({ major: z.number(), minor: z.number() }) });

export const tensorNameSchema = z.object({ as_tensor: named });
export const tensorNamesSchema = z.object({ as_tensors: z.array(named) });

export type Program = z.infer<typeof programSchema>;
export type ProgramNode = z.infer<typeof nodeSchema>;
export type TensorMeta = z.infer<typeof tensorMetaSchema>;
export type Payload = z.infer<typeof payloadSchema>['config'][string];
export type Argument = z.infer<typeof argumentSchema>;

/** The sizes; null where one depends on the input. */
export function fixedSizes({ sizes }: TensorMeta): (number | null)[] {
  return sizes.map((size) => ('as_int' in size ? size.as_int : null));
}

/** `ScalarType` of torch/_export/serde/schema.py. */
export const SCALAR_TYPES: Readonly<Record<number, Dtype>> = {
  1: 'uint8',
  2: 'int8',
  3: 'int16',
  4: 'int32',
  5: 'int64',
  6: 'float16',
  7: 'float32',
  8: 'float64',
  12: 'bool',
  13: 'bfloat16',
};
