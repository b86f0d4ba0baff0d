/** What the page and its worker say to each other. Blobs are handed over without a copy. */
import type { SentError } from '../../base/index.js';

/** A file that a person gave. */
export interface GivenFile {
  /** From the folder that was given: `week_1/cat/3.jpg`, or `model.pth`. */
  path: string;
  content: Blob;
}

/** A file of this page, for the bundled model and its images. */
export interface OwnFile {
  path: string;
  url: string;
}

/** One thing that a checkpoint does not say. */
export interface ModelField {
  name: string;
  /** `Channel order`; the flag of the command line in words. */
  label: string;
  help: string;
  choices: readonly string[] | null;
}

/** `auto`: a GPU where it is faster and right. `gpu`: also one that is slower, or in software; not one that is wrong. */
export type EngineChoice = 'auto' | 'cpu' | 'gpu';

export interface ModelFacts {
  name: string;
  /** Lines for a person: network, embedding, what was assumed. */
  lines: readonly string[];
  /** `simd, 2 threads` */
  engine: string;
  /** Values that were taken, by the names of the fields; null where the weights say all. */
  taken: Readonly<Record<string, string>> | null;
  notices: readonly string[];
}

/** A model that needs other answers; one that was opened before is still there. */
export interface RefusedModel {
  failure: Failure;
}

export interface SetFacts {
  kind: 'images' | 'events' | 'profile';
  /** `400 images` */
  words: string;
  notices: readonly string[];
}

/** Numbers are text, as the command line prints them. */
export interface JudgedWindow {
  name: string;
  images: string;
  accuracy: string;
  verdict: string;
  distance: string;
  without: string;
  chance: string;
  cause: string;
  next: string;
}

export interface Findings {
  answer: string;
  details: string | null;
  windows: readonly JudgedWindow[];
  /** What embeds now: another engine takes over from a GPU that is wrong. Null without a model. */
  engine: string | null;
  /** What a reader must know beside the verdicts. */
  notes: readonly string[];
}

/** A file to save. */
export interface MadeFile {
  name: string;
  /** What it is for. */
  words: string;
  content: Blob;
}

/** What the page asks for. Each answers with a value or an error; all but the first may take minutes. */
export interface Tasks {
  fields(): Promise<ModelField[]>;
  /** @param choices texts by the names of fields; those left out are empty */
  openModel(
    files: readonly GivenFile[] | readonly OwnFile[],
    choices: Readonly<Record<string, string>>,
    check: GivenFile | null,
    engine: EngineChoice,
  ): Promise<ModelFacts | RefusedModel>;
  closeModel(): Promise<void>;
  /** @param slot `baseline`, or a window's name */
  takeSet(slot: string, files: readonly GivenFile[] | readonly OwnFile[]): Promise<SetFacts>;
  dropSet(slot: string): Promise<void>;
  /** @param windows slots in their order @param mayLeaveOut images that cannot be used, however many */
  compare(windows: readonly string[], mayLeaveOut: boolean): Promise<Findings>;
  made(): Promise<MadeFile[]>;
}

export type TaskName = keyof Tasks;

export interface Asked {
  id: number;
  task: TaskName;
  args: readonly unknown[];
}

export type ToWorker = Asked | { stop: number };

export interface Failure extends SentError {
  /** What can do it instead: a command line. */
  command: string | null;
  /** Images that cannot be used, a line each, where that is the failure; and whether others are left. */
  unusable: { lines: readonly string[]; othersLeft: boolean } | null;
}

export type FromWorker =
  | { id: number; is: 'progress'; what: string; done: number; total: number | null }
  | { id: number; is: 'done'; value: unknown }
  | { id: number; is: 'failed'; failure: Failure };
