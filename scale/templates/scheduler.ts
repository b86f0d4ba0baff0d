/** A scheduler that a run can be given to: its template, and what the names in it stand for. */
import type { Submission } from './submission.js';

export interface RunPaths {
  /** Id of the run. */
  id: string;
  /** Full path of the run's folder, or its prefix of a bucket. */
  run: string;
  isBucket: boolean;
  /** Full path of the plan. */
  plan: string;
  /** Full paths of files that tasks read beside the run: weights, and the first image; URLs are left out. */
  needs: readonly string[];
}

export interface ClusterOptions {
  /** The container image that has image-drift. */
  image: string;
  /** The claim of the volume that all tasks see. */
  claim: string;
  /** Where the volume is mounted. */
  mount: string;
}

export interface Scheduler {
  /** File name of its template. */
  template: string;
  /** The same for a run in a bucket, which needs no volume. */
  bucketTemplate: string;
  /** Which of the cluster's options its templates have a place for. */
  options: readonly (keyof ClusterOptions)[];
  /** A program, and its arguments, that takes the filled template on standard input. */
  accepts: readonly string[];
  values(paths: RunPaths, submission: Submission, options: ClusterOptions): Record<string, string>;
  /** What a person should know before it is submitted. */
  notices(paths: RunPaths, submission: Submission, options: ClusterOptions): readonly string[];
}
