/** What the page shows, in one piece. Not part of Fiddler's API: no faults, and not counted as traffic. */

export interface PageModel {
  id: string;
  name: string;
  version: string;
  project: string;
  /** Rows of production. */
  events: number;
  datasets: { name: string; rows: number }[];
  baselines: { id: string; name: string; type: string }[];
  /** Custom features with centroids: what drift is charted of. */
  features: string[];
}

export interface PageJob {
  id: string;
  name: string;
  status: string;
  progress: number;
  model: string;
  environment: string;
  error: string | null;
  /** Of its file, once it has been read. */
  rows: number | null;
  /** Milliseconds since 1970. */
  created: number;
}

export interface PageState {
  projects: string[];
  models: PageModel[];
  /** Newest first, not all. */
  jobs: PageJob[];
  jobCount: number;
}

export interface DriftBin {
  /** Milliseconds since 1970. */
  from: number;
  rows: number;
  jsd: number | null;
  psi: number | null;
}

export interface PageDrift {
  bin: 'Day' | 'Week';
  bins: DriftBin[];
}
