/** What the quickstart would send: for a dry run, without a server. */
import { type Problem, planPublish } from '../publish/index.js';
import type { LocalHalf } from './quickstart-local.js';
import { QUICKSTART_BASELINE } from './quickstart-publish.js';
import type { QuickstartState } from './quickstart-state.js';
import { quickstartTimestamps } from './quickstart-weeks.js';

export interface QuickstartRequest {
  environment: string;
  /** Event table. */
  file: string;
  /** Time of all its events, ms since 1970; null for the baseline. */
  at: number | null;
  events: number;
  /** Of the uploaded file, about. */
  bytes: number;
}

export interface QuickstartPlan {
  project: string;
  model: string;
  requests: QuickstartRequest[];
  problems: Pick<Problem, 'severity' | 'message'>[];
}
