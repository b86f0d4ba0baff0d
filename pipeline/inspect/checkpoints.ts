/** What is in a checkpoint, alone or in a folder of Hugging Face. */

import { CodedError } from '../../base/index.js';
import {
  type Checkpoint,
  type CheckpointFormat,
  type RecogniseOptions,
  readCheckpoint,
  recogniseCheckpoint,
} from '../../convert/index.js';

export interface CheckpointInspection {
  kind: 'checkpoint';
  format: CheckpointFormat;
  sha256: string;
  /** The network; null if the tensors belong to no known backbone, and `reason` says why. */
  network: { backbone: string; head: readonly number[]; classes: number } | null;
  reason: string | null;
  tensors: { name: string; dtype: string; shape: readonly number[] }[];
}

export async function inspectCheckpoint(
  path: string,
  hints?: RecogniseOptions['hints'],
): Promise<CheckpointInspection> {
  const checkpoint = await readCheckpoint(path);
  const { format, sha256, tensors } = checkpoint;
  const { network, reason } = recognised(checkpoint, { label: path, hints });
  const listed = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  return { kind: 'checkpoint', format, sha256, network, reason, tensors: listed };
}

function recognised(checkpoint: Checkpoint, options: RecogniseOptions) {
  try {
    const { backbone, head, classes } = recogniseCheckpoint(checkpoint, options).network;
    return { network: { backbone, head, classes }, reason: null };
  } catch (error) {
    if (error instanceof CodedError) return { network: null, reason: error.message };
    throw error;
  }
}
