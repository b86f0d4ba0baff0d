import type { ArraysInspection } from './arrays.js';
import type { CheckpointInspection } from './checkpoints.js';
import type { EventsInspection } from './events.js';
import type { ImagesInspection } from './images.js';
import type { NetworkInspection } from './networks.js';
import type { ProfileInspection } from './profile.js';
import type { WeightsInspection } from './weights.js';

/** What a file or folder is, and what is in it. */
export type Inspection =
  | ArraysInspection
  | CheckpointInspection
  | EventsInspection
  | ImagesInspection
  | NetworkInspection
  | ProfileInspection
  | WeightsInspection;
