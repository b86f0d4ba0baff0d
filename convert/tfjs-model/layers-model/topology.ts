/** Keras' `Model` and `Sequential` as JSON, of Keras 2 and 3, as one list of layers; models inside are spread out. */
import * as z from 'zod';
import { printable } from '../../../base/index.js';
import { ConvertError } from '../../convert-error.js';
import { checked, invalid, type ModelJson } from '../file/model-json.js';

/** The largest model of Keras' applications has 1,000. */
const MAX_LAYERS = 100_000;
/** A classifier on top of a model with its own input has two. */
const MAX_DEPTH = 16;

const MODELS: ReadonlySet<string> = new Set(['Model', 'Functional', 'Sequential']);

const configSchema = z.record(z.string(), z.unknown());
export type LayerConfig = z.infer<typeof configSchema>;

const layerSchema = z.object({
  class_name: z.string().max(1000),
  config: configSchema,
  name: z.string().max(1000).nullish(),
  inbound_nodes: z.array(z.unknown()).nullish(),
});
type Layer = z.infer<typeof layerSchema>;

const modelSchema = z.looseObject({ class_name: z.string(), config: z.unknown() });
const functionalSchema = z.looseObject({
  layers: z.array(layerSchema),
  input_layers: z.unknown(),
  output_layers: z.unknown(),
});
const sequentialSchema = z.union([
  z.looseObject({ layers: z.array(layerSchema) }),
  z.array(layerSchema).transform((layers) => ({ layers })),
]);

export interface AppliedLayer {
  className: string;
  config: LayerConfig;
  /** The layer's own name, by which the manifest has its weights. */
  layer: string;
  /** What it gives: its path, `model/layer` inside a model, with `:2` where it is applied again. */
  output: string;
  inputs: readonly string[];
}

export interface Topology {
  layers: readonly AppliedLayer[];
  inputs: readonly { name: string; sizes: readonly (number | null)[] }[];
  outputs: readonly string[];
}

/** @throws ConvertError `TFJS_INVALID`, `TFJS_TOO_LARGE` */
export function topologyOf({ label, topology }: ModelJson): Topology {
  const written = topology['model_config'] ?? topology;
  const { class_name, config } = checked(modelSchema, written, label, 'modelTopology');
  return new Spread(label).run(class_name, config);
}

class Spread {
  readonly #label: string;
  readonly #layers: AppliedLayer[] = [];
  readonly #inputs: { name: string; sizes: readonly (number | null)[] }[] = [];

  constructor(label: string) {
    this.#label = label;
  }

  run(className: string, config: unknown): Topology {
    const outputs = this.#model(className, config, null, '', 0);
    return { layers: this.#layers, inputs: this.#inputs, outputs };
  }

  /** @param inputs null: the model's own inputs are those of the whole @returns the values that it gives */
  #model(className: string, config: unknown, inputs: readonly string[] | null, prefix: string, depth: number) {
    if (depth > MAX_DEPTH) throw invalid(this.#label, `models lie more than ${MAX_DEPTH} deep inside each other`);
    if (className === 'Sequential') return this.#sequential(config, inputs, prefix, depth);
    if (MODELS.has(className)) return this.#functional(config, inputs, prefix, depth);
    throw invalid(this.#label, `its topology is a ${printable(className.slice(0, 100))}, not a Model or a Sequential`);
  }

  #sequential(config: unknown, inputs: readonly string[] | null, prefix: string, depth: number): string[] {
    this.#expectFew(Array.isArray(config) ? config : (config as { layers?: unknown } | null)?.layers);
    const { layers } = checked(sequentialSchema, config, this.#label, `${prefix}layers`);
    let values: readonly string[] = inputs ?? [this.#input(`${prefix}input`, sizesIn(layers, 0))];
    for (const layer of layers) {
      if (layer.class_name !== 'InputLayer') values = this.#apply(layer, values, prefix, 0, depth);
    }
    return [...values];
  }

  #functional(config: unknown, inputs: readonly string[] | null, prefix: string, depth: number): string[] {
    this.#expectFew((config as { layers?: unknown } | null)?.layers);
    const model = checked(functionalSchema, config, this.#label, `${prefix}layers`);
    const given = new Map((inputs ?? []).map((value, i) => [layerNames(model.input_layers)[i] ?? '', value]));
    const values = new Map<string, readonly string[]>();
    const pathOf = (layer: string, node: number) => `${prefix}${layer}${node === 0 ? '' : `:${node + 1}`}`;
    const nested: { layer: Layer; node: number }[] = [];
    for (const layer of model.layers) {
      const name = nameOf(layer);
      if (layer.class_name === 'InputLayer') {
        const input =
          given.get(name) ?? (inputs === null ? this.#input(`${prefix}${name}`, sizesOf(layer.config)) : '');
        values.set(`${name}\n0`, [input]);
        continue;
      }
      (layer.inbound_nodes ?? []).forEach((_, node) => {
        if (MODELS.has(layer.class_name)) nested.push({ layer, node });
        else values.set(`${name}\n${node}`, [pathOf(name, node)]);
      });
    }
    for (const { layer, node } of nested) {
      // The name of a model stands for what it gives.
      values.set(`${nameOf(layer)}\n${node}`, [pathOf(nameOf(layer), node)]);
    }
    const valueAt = ({ layer, node, tensor }: Reference) => {
      const found = values.get(`${layer}\n${node}`)?.[tensor];
      if (found !== undefined && found !== '') return found;
      throw invalid(
        this.#label,
        `no layer gives output ${tensor} of ${printable(`${prefix}${layer}`.slice(0, 200))}, node ${node}`,
      );
    };
    for (const layer of model.layers) {
      if (layer.class_name === 'InputLayer') continue;
      (layer.inbound_nodes ?? []).forEach((inbound, node) => {
        this.#apply(layer, referencesIn(inbound).map(valueAt), prefix, node, depth);
      });
    }
    return referencesIn(model.output_layers).map(valueAt);
  }

  #apply(layer: Layer, inputs: readonly string[], prefix: string, node: number, depth: number): string[] {
    const name = nameOf(layer);
    const output = `${prefix}${name}${node === 0 ? '' : `:${node + 1}`}`;
    const { class_name: className, config } = layer;
    if (!MODELS.has(className)) return [this.#add({ className, config, layer: name, output, inputs })];
    const [made = ''] = this.#model(className, config, inputs, `${output}/`, depth + 1);
    return [this.#add({ className: 'Identity', config: {}, layer: name, output, inputs: [made] })];
  }

  #add(layer: AppliedLayer): string {
    this.#layers.push(layer);
    this.#expectFew(this.#layers);
    return layer.output;
  }

  /** Before they are looked at one by one, which takes long. */
  #expectFew(layers: unknown): void {
    if (!Array.isArray(layers) || layers.length <= MAX_LAYERS) return;
    throw new ConvertError('TFJS_TOO_LARGE', `${this.#label}: has more than ${MAX_LAYERS.toLocaleString('en')} layers`);
  }

  #input(name: string, sizes: readonly (number | null)[]): string {
    this.#inputs.push({ name, sizes });
    return name;
  }
}

function nameOf({ name, config }: Layer): string {
  const found = config['name'] ?? name;
  return typeof found === 'string' ? found : '';
}

/** The size of the images, which the first layer has where there is no layer for the input. */
function sizesIn(layers: readonly Layer[], depth: number): readonly (number | null)[] {
  const [first] = layers;
  if (first === undefined || depth > MAX_DEPTH) return [];
  const inner = sequentialSchema.safeParse(first.config);
  if (!MODELS.has(first.class_name) || !inner.success) return sizesOf(first.config);
  return sizesIn(inner.data.layers, depth + 1);
}

/** The sizes in `batch_input_shape`, or `batch_shape` as Keras 3 calls it. */
function sizesOf(config: LayerConfig): readonly (number | null)[] {
  const found = config['batch_input_shape'] ?? config['batch_shape'];
  if (!Array.isArray(found)) return [];
  return found.slice(0, 8).map((size: unknown) => (typeof size === 'number' && size > 0 ? size : null));
}

interface Reference {
  layer: string;
  node: number;
  tensor: number;
}

/** Lists of lists lie three deep in Keras 2, and objects six deep in Keras 3. */
const MAX_LIST_DEPTH = 8;

/** `[layer, node, tensor]` wherever they stand: in a list of lists, or as `keras_history` of Keras 3. */
function referencesIn(inbound: unknown, depth = 0): Reference[] {
  if (typeof inbound !== 'object' || inbound === null || depth > MAX_LIST_DEPTH) return [];
  if (!Array.isArray(inbound)) {
    const { keras_history: history, args, config } = inbound as Record<string, unknown>;
    return referencesIn(history ?? args ?? config, depth + 1);
  }
  const [layer, node, tensor] = inbound as unknown[];
  if (typeof layer !== 'string') return inbound.flatMap((each) => referencesIn(each, depth + 1));
  return [{ layer, node: typeof node === 'number' ? node : 0, tensor: typeof tensor === 'number' ? tensor : 0 }];
}

function layerNames(inputs: unknown): string[] {
  return referencesIn(inputs).map(({ layer }) => layer);
}
