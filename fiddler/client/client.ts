/** Fiddler's REST API, version 3. It knows no event files: see `publish/`. */
import { anything, checkedOptions, type OptionsOf } from '../../base/index.js';
import { parseData } from './answer.js';
import { Events } from './events.js';
import { FiddlerError, NotFound } from './fiddler-error.js';
import { Files } from './files.js';
import { Jobs } from './jobs.js';
import { Metrics } from './metrics.js';
import { Models } from './models.js';
import { AlertRules, Baselines, Environments, Projects } from './projects.js';
import { type ApiAnswer, apiPath, type Sender } from './request.js';
import { Rows } from './rows.js';
import { type ServerInfo, serverInfo } from './schemas/common.js';
import { parseServerUrl } from './server-url.js';
import { Token } from './token.js';
import { Transport, type TransportOptions, transportFields } from './transport.js';

const ownFields = {
  /** Allows `http://` to another machine than this one, which sends the token unencrypted. Default false. */
  insecureHttp: anything<boolean>().default(false),
};

const clientFields = { ...transportFields, ...ownFields };

export interface ClientOptions extends TransportOptions, OptionsOf<typeof ownFields> {}

/**
 * Fiddler's REST API, version 3. The members are the resources of the API: `projects`, `models`, `events`, `jobs`, …
 * Member names of the answers are those of the API (`target_class_order`), and unknown members are kept.
 *
 * @example
 * ```ts no_run
 * import { FiddlerClient } from 'image-drift';
 *
 * const client = FiddlerClient.fromEnvironment(); // FIDDLER_URL and FIDDLER_TOKEN
 * const { project, created } = await client.projects.getOrCreate('image_monitoring');
 * console.log(project.name, created ? 'is new' : 'was there');
 * await client.close();
 * ```
 */
export class FiddlerClient {
  /** Address of the server, without a slash at the end. */
  readonly url: string;
  /** Projects: find, make, delete. */
  readonly projects: Projects;
  /** Uploads. */
  readonly files: Files;
  /** Models: infer a schema, make, find, change. */
  readonly models: Models;
  /** Publishes events, and deletes them. */
  readonly events: Events;
  /** The server's jobs, and waiting for one. */
  readonly jobs: Jobs;
  /** Environments of a model. */
  readonly environments: Environments;
  /** Baselines of a model. */
  readonly baselines: Baselines;
  /** Drift and other metrics, as charts ask for them. */
  readonly metrics: Metrics;
  /** Reads published events back. */
  readonly rows: Rows;
  /** Alert rules and the alerts that they raised. */
  readonly alertRules: AlertRules;
  readonly #transport: Transport;
  #serverInfo: Promise<ServerInfo> | null = null;

  /** @throws FiddlerError `URL_INVALID`, `URL_INSECURE`, `TOKEN_MISSING`, `TOKEN_INVALID` */
  constructor(options: ClientOptions) {
    options = checkedOptions('FiddlerClient', options, clientFields);
    this.url = parseServerUrl(options.url, options.insecureHttp);
    this.#transport = new Transport({ ...options, url: this.url });
    this.projects = new Projects(this.#transport);
    this.files = new Files(this.#transport);
    this.models = new Models(this.#transport);
    this.events = new Events(this.#transport);
    this.jobs = new Jobs(this.#transport);
    this.environments = new Environments(this.#transport);
    this.baselines = new Baselines(this.#transport);
    this.metrics = new Metrics(this.#transport);
    this.rows = new Rows(this.#transport);
    this.alertRules = new AlertRules(this.#transport);
  }

  /**
   * From `FIDDLER_URL` and `FIDDLER_TOKEN` (or `FIDDLER_TOKEN_FILE`).
   * @throws FiddlerError `URL_MISSING`, `URL_INVALID`, `TOKEN_MISSING`, `TOKEN_INVALID`, `TOKEN_FILE`
   */
  static fromEnvironment(options: Partial<ClientOptions> = {}, env: NodeJS.ProcessEnv = process.env): FiddlerClient {
    const url = options.url ?? parseServerUrl(env['FIDDLER_URL'], options.insecureHttp);
    return new FiddlerClient({ ...options, url, token: options.token ?? Token.fromEnvironment(env) });
  }

  /** Version and organisation of the server; asked once. @throws FiddlerError `SERVER_TOO_OLD`, `NOT_FIDDLER` */
  serverInfo(): Promise<ServerInfo> {
    this.#serverInfo ??= readServerInfo(this.#transport).catch((error: unknown) => {
      this.#serverInfo = null;
      throw error;
    });
    return this.#serverInfo;
  }

  /** Closes idle connections; the client can still be used. */
  close(): Promise<void> {
    return this.#transport.close();
  }
}

// The handshake: is this a Fiddler, is it new enough, and is its clock ours?

/** The oldest that has the API of this client; the official client's limit too. */
export const MIN_SERVER_VERSION = '24.4.0';
const ANSWER_SECONDS = 15;

export async function readServerInfo(sender: Sender): Promise<ServerInfo> {
  const answer = await askServerInfo(sender);
  const info = parseData(sender, answer, serverInfo);
  if (isOlder(info.server_version, MIN_SERVER_VERSION)) {
    const message = `this Fiddler is version ${info.server_version}, ${MIN_SERVER_VERSION} or later is needed`;
    throw new FiddlerError('SERVER_TOO_OLD', message, { permanent: true, hint: 'Ask whoever runs it to upgrade it.' });
  }
  return { ...info, clockSkewSeconds: skew(answer.date) };
}

async function askServerInfo(sender: Sender): Promise<ApiAnswer> {
  const request = {
    method: 'GET',
    path: apiPath('server-info'),
    repeatable: true,
    answerSeconds: ANSWER_SECONDS,
  } as const;
  try {
    return await sender.send(request);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    throw new FiddlerError('NOT_FIDDLER', `${error.message}: there is no Fiddler at this address`, {
      status: error.status,
      reason: error.reason,
      permanent: true,
      hint: 'FIDDLER_URL is the address that you open in the browser, without what follows the host.',
    });
  }
}

/** Compares the numbers, without what follows `-` or `+`. A version that is not three numbers is not old. */
export function isOlder(version: string, than: string): boolean {
  const numbers = (text: string) =>
    /^v?(\d+)\.(\d+)(?:\.(\d+))?/
      .exec(text.trim())
      ?.slice(1)
      .map((n) => Number(n ?? 0));
  const ours = numbers(version);
  const limit = numbers(than);
  if (ours === undefined || limit === undefined) return false;
  for (const [index, number] of ours.entries()) {
    if (number !== limit[index]) return number < (limit[index] ?? 0);
  }
  return false;
}

function skew(date: string | null): number | null {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  // The header has whole seconds, cut off: half a second is the middle of what it may mean.
  return Number.isNaN(theirs) ? null : Math.trunc((theirs + 500 - Date.now()) / 1000) + 0;
}
