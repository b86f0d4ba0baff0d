/** The data of the page. It is not part of Fiddler's API: it has no faults and does not count as traffic. */

export interface PageModel {
  id: string;
  name: string;
  version: string;
  project: string;
  /** Rows in production. */
  events: number;
  datasets: { name: string; rows: number }[];
  baselines: { id: string; name: string; type: string }[];
  /** Custom features with centroids. Drift is charted only for these. */
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
  /** Rows of the job's file; null until the file is read. */
  rows: number | null;
  /** Milliseconds since 1970. */
  created: number;
}

export interface PageState {
  projects: string[];
  models: PageModel[];
  /** The newest jobs, newest first. */
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
