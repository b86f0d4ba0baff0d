/** What the report shows of an explanation. */
import type { RemadePair } from './image-data.js';

/** A cause that was made again on the baseline's images until they could not be told from the window, or what came nearest. */
export interface Explained {
  /** `explained`: a cause suffices; `partly`: the best one halves what can be told; `unchanged`: by the drift test. */
  verdict: 'unchanged' | 'explained' | 'partly' | 'unexplained';
  /** One, or several that come together; empty where nothing is named. */
  causes: readonly RemadeCause[];
  /** How well the baseline with the causes can be told from the window, and the baseline as it is: 0.5 where it cannot. */
  auc: number;
  cleanAuc: number;
  /** Read off the baseline's labels; null where nothing suffices. */
  accuracy: { value: number; low: number; high: number } | null;
  /** The labelled images of the baseline that were used, and their accuracy as they are. */
  baseline: { rows: number; accuracy: number };
  /** By class, with the causes; null where nothing suffices. */
  classes: readonly { name: string; rows: number; accuracy: number }[] | null;
  /** All that was tried, in that order. */
  tried: readonly TriedCauses[];
  /** What a person has to know to judge this. */
  warnings: readonly string[];
  /** Images with the causes, beside images of the window; none without pictures. */
  pairs: readonly RemadePair[];
}

export interface RemadeCause {
  /** What happened: `darker`. */
  name: string;
  /** How it was made again: `brightness (factor), factor 0.389`. */
  making: string;
  /** Share of the images that have it. */
  share: number;
  /** Whether it changes images; other shares of the classes do not. */
  isOfImages: boolean;
}

export interface TriedCauses {
  causes: readonly RemadeCause[];
  auc: number;
  suffices: boolean;
  accuracy: { value: number; low: number; high: number };
}
