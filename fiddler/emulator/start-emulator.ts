/**
 * A local Fiddler, on this machine alone: the part of its API that its client, ours and a few charts use.
 * Not made by Fiddler: what it does comes from public documents and recordings of the official client.
 */

import multipart from '@fastify/multipart';
import Fastify, { type FastifyInstance } from 'fastify';
import { EmulatorError } from './emulator-error.js';
import { FaultPlan, type Faults } from './faults.js';
import { normal } from './http/envelope.js';
import {
  allowLocalHostsOnly,
  answerFailures,
  answerMalformed,
  demandToken,
  injectFaults,
  type Traffic,
  TrafficCounter,
} from './http/hooks.js';
import { JobRunner, jobWork } from './jobs/job-runner.js';
import { pageRoutes, servePage } from './page/page-routes.js';
import { alertRuleRoutes } from './routes/alert-rules.js';
import { baselineRoutes } from './routes/baselines.js';
import { chartRoutes } from './routes/charts.js';
import { eventRoutes } from './routes/events.js';
import { fileRoutes, MULTIPART_LIMITS } from './routes/files.js';
import { modelFactoryRoutes, modelRoutes } from './routes/models.js';
import { environmentRoutes, jobRoutes, projectRoutes, serverRoutes } from './routes/projects.js';
import type { Context, Routes } from './routes/resource.js';
import { rowRoutes } from './routes/rows.js';
import { Views } from './routes/views.js';
import { Store } from './store/store.js';

export interface EmulatorOptions {
  /** Where it keeps everything; made where it is not there. */
  folder: string;
  /** Default 0: any that is free. */
  port?: number | undefined;
  /** What clients must send as bearer token. */
  token: string;
  /** How long a job takes at least; default 0.3. */
  jobSeconds?: number | undefined;
  faults?: Faults | undefined;
  /** For faults and k-means; default 0. */
  seed?: number | undefined;
  /** Whether an event whose id is there already is passed over; off, since nobody knows that Fiddler does. */
  deduplicate?: boolean | undefined;
  /** Milliseconds since 1970; for tests. */
  clock?: (() => number) | undefined;
}

export interface Emulator {
  /** `http://127.0.0.1:7575` */
  url: string;
  /** Ends what is under way; jobs that only wait go on at the next start. */
  close(): Promise<void>;
  traffic(): Traffic;
}

/** A thousand events with vectors of 2,048 numbers as text take 45 MB. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
const HOST = '127.0.0.1';

const ROUTES: readonly Routes[] = [
  serverRoutes,
  projectRoutes,
  fileRoutes,
  modelFactoryRoutes,
  modelRoutes,
  eventRoutes,
  jobRoutes,
  environmentRoutes,
  baselineRoutes,
  chartRoutes,
  rowRoutes,
  alertRuleRoutes,
];

/** @throws EmulatorError `EMULATOR_FOLDER`, `EMULATOR_FOLDER_IN_USE`, `EMULATOR_STORE`, `…_PORT`, `FAULTS_INVALID` */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { token, jobSeconds = 0.3, faults = {}, seed = 0, deduplicate = false, clock: now = Date.now } = options;
  if (token === '') throw new EmulatorError('EMULATOR_TOKEN', 'an empty token would let everybody in');
  const plan = new FaultPlan(faults, seed);
  const store = await Store.open(options.folder, now);
  const jobs = new JobRunner(store, jobWork(store, { deduplicate, now }), jobSeconds);
  const traffic = new TrafficCounter();
  const app = Fastify({ bodyLimit: MAX_JSON_BYTES, forceCloseConnections: true, frameworkErrors: answerMalformed });
  const close = async () => {
    await app.close();
    await jobs.close();
    await store.close();
  };
  try {
    await addRoutes(app, { store, views: new Views(store), jobs, now, seed, deduplicate }, token, plan, traffic);
    const url = await listen(app, options.port ?? 0);
    jobs.resume();
    return { url, close, traffic: () => traffic.total() };
  } catch (error) {
    await close();
    throw error;
  }
}

async function addRoutes(
  app: FastifyInstance,
  context: Context,
  token: string,
  plan: FaultPlan,
  traffic: TrafficCounter,
): Promise<void> {
  answerFailures(app);
  allowLocalHostsOnly(app);
  servePage(app);
  await app.register(multipart, { limits: MULTIPART_LIMITS });
  await app.register(async (guarded) => {
    demandToken(guarded, token);
    guarded.get('/emulator/traffic', async () => normal(traffic.total()));
    pageRoutes(guarded, context);
    await guarded.register(async (api) => {
      traffic.observe(api);
      injectFaults(api, plan);
      for (const routes of ROUTES) routes(api, context);
    });
  });
}

/** @throws EmulatorError `EMULATOR_PORT` */
async function listen(app: FastifyInstance, port: number): Promise<string> {
  try {
    await app.listen({ host: HOST, port });
  } catch (error) {
    const used = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw new EmulatorError('EMULATOR_PORT', `port ${port}: ${(error as Error).message}`, {
      hint: used ? 'Another program listens there; give another --port.' : undefined,
      cause: error,
    });
  }
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return `http://${HOST}:${address.port}`;
}
