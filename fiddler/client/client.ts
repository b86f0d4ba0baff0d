/**
 * Fiddler's REST API, version 3.
 *
 * A client holds a URL, a token and a retry policy; its members are the things of the API. Names on the wire stay as
 * they are in the types (`target_class_order`), unknown members are kept. It knows no event files: see `publish/`.
 */
import { anything, checkNames, type OptionsOf } from '../../base/index.js';
import { Events } from './events.js';
import { Files } from './files.js';
import { Jobs } from './jobs.js';
import { Metrics } from './metrics.js';
import { Models } from './models.js';
import { AlertRules, Baselines, Environments, Projects } from './projects.js';
import { Rows } from './rows.js';
import type { ServerInfo } from './schemas/common.js';
import { readServerInfo } from './server-info.js';
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
    checkNames('FiddlerClient', options, clientFields);
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

  /**
   * Version and organisation of the server; asked once.
   * @throws FiddlerError `SERVER_TOO_OLD`, `NOT_FIDDLER`
   */
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
