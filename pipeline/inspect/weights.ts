/** What is in a weights folder. */
import { parameters } from '../../graph/index.js';
import { networkGraph } from '../../graph/stored/index.js';
import { type Checked, type ModelConfig, pythonLine, readWeights } from '../../weights/index.js';

export interface WeightsInspection {
  kind: 'weights';
  sha256: string;
  config: ModelConfig;
  /** Result of `convert --check`; null: the conversion was not compared. */
  checked: Checked | null;
  tensors: number;
  /** Number of values in all tensors. */
  parameters: number;
  /** The preprocessing as a line of Python; null for networks of four channels. */
  python: string | null;
}

export async function inspectWeights(path: string): Promise<WeightsInspection> {
  const { sha256, config, tensors, checked = null } = await readWeights(path);
  const graph = networkGraph(config);
  const sizes = [...parameters(graph).values()].map((shape) => shape.reduce((a, b) => a * b, 1));
  const count = sizes.reduce((a, b) => a + b, 0);
  const python = pythonLine(config.preprocessing);
  return { kind: 'weights', sha256, config, checked, tensors: tensors.size, parameters: count, python };
}
