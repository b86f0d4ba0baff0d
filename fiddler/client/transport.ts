/**
 * Sends requests, again where `retry-policy.ts` says so, and turns every answer other than 2xx into a coded error. The
 * token goes into the Authorization header here and nowhere else, and out of every text that comes back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { anything, OfflineError, type OptionsOf } from '../../base/index.js';
import { retryAfterSeconds } from '../../files/index.js';
import { exchange, type NetworkFailure, networkFailure, type RawAnswer } from './exchange.js';
import { type FiddlerError, Unauthorized, Unavailable, UnknownOutcome } from './fiddler-error.js';
import { refusal } from './refusal.js';
import { type ApiAnswer, type ApiRequest, queryText, type RequestEvent, type Sender } from './request.js';
import { DEFAULT_RETRY, type Decision, decide, type Failure, type RetryPolicy } from './retry-policy.js';
import { forOneRequest, openDispatcher } from './server-url.js';
import { Token } from './token.js';

const CLIENT_NAME = 'image-drift';
const DEFAULT_ANSWER_SECONDS = 100;
/** Trying again cannot help now, but a password, a certificate or a proxy changes without a change of the command. */
const WITHOUT_A_CHANGE_HERE: readonly string[] = ['PROXY_UNAUTHORIZED', 'TLS_FAILED'];

export const transportFields = {
  url: anything<string>().needed(),
  /** The API key: its text, or a `Token`, which shows itself to nobody. */
  token: anything<Token | string>().needed(),
  retry: anything<Partial<RetryPolicy>>(),
  /** Ends every request and every wait; what they throw then is its reason. */
  signal: anything<AbortSignal>(),
  /** Called at each try of each request. */
  onRequest: anything<(event: RequestEvent) => void>(),
  /** Sent to the server with our name. */
  clientVersion: anything<string>(),
};

export interface TransportOptions extends OptionsOf<typeof transportFields> {}

type Outcome = { answer: ApiAnswer } | { failure: Failure; error: FiddlerError };

export class Transport implements Sender {
  readonly retry: RetryPolicy;
  readonly #token: Token;
  readonly #options: TransportOptions;
  #dispatcher: Dispatcher;
  #reached = false;

  /** @param options its `url` without a trailing slash @throws FiddlerError `PROXY_INVALID` */
  constructor(options: TransportOptions) {
    this.retry = { ...DEFAULT_RETRY, ...options.retry };
    this.#token = Token.of(options.token);
    this.#options = options;
    this.#dispatcher = openDispatcher(options.url);
  }

  async send(request: ApiRequest): Promise<ApiAnswer> {
    const began = performance.now();
    for (let number = 1; ; number++) {
      this.#options.signal?.throwIfAborted();
      const tried = performance.now();
      const outcome = await this.#try(request, number);
      const seconds = (performance.now() - tried) / 1000;
      if ('answer' in outcome) {
        this.#tell(request, { attempt: number, seconds, outcome, waitSeconds: null });
        return outcome.answer;
      }
      const decision = this.#decide(request, outcome.failure, number, (performance.now() - began) / 1000);
      const waitSeconds = decision.next === 'wait' ? decision.seconds : null;
      this.#tell(request, { attempt: number, seconds, outcome, waitSeconds });
      if (decision.next === 'give-up') throw decision.because === 'unknown' ? lost(outcome.error) : outcome.error;
      await this.sleep(decision.seconds);
    }
  }

  async sleep(seconds: number): Promise<void> {
    const { signal } = this.#options;
    if (signal === undefined) return sleep(seconds * 1000);
    try {
      await sleep(seconds * 1000, undefined, { signal });
    } catch {
      throw signal.reason;
    }
  }

  redact(text: string): string {
    return this.#token.redact(text);
  }

  redactName(text: string): string {
    return this.#token.redactName(text);
  }

  async close(): Promise<void> {
    const old = this.#dispatcher;
    this.#dispatcher = openDispatcher(this.#options.url);
    await old.close();
  }

  #decide(request: ApiRequest, failure: Failure, number: number, elapsedSeconds: number): Decision {
    const { repeatable } = request;
    const attempt = { number, elapsedSeconds, repeatable, reached: this.#reached, random: Math.random() };
    return decide(failure, attempt, this.retry);
  }

  /** @throws the abort signal's reason; OfflineError */
  async #try(request: ApiRequest, number: number): Promise<Outcome> {
    const asked = `${request.method} ${this.#options.url}${request.path}`;
    const seconds = request.answerSeconds ?? DEFAULT_ANSWER_SECONDS;
    let started = false;
    try {
      const raw = await exchange({
        method: request.method,
        url: `${this.#options.url}${request.path}${queryText(request.query)}`,
        headers: this.#headers(request, number),
        body: request.body ?? null,
        dispatcher: forOneRequest(this.#dispatcher, seconds, () => {
          started = true;
        }),
        signal: this.#options.signal ?? null,
        maxAnswerBytes: request.maxAnswerBytes,
      });
      this.#reached = true;
      return this.#understand(raw, asked, number);
    } catch (thrown) {
      this.#options.signal?.throwIfAborted();
      if (thrown instanceof OfflineError) throw thrown;
      const network = networkFailure(thrown, started);
      return { failure: network.failure, error: this.#unanswered(network, asked, number) };
    }
  }

  #understand(raw: RawAnswer, asked: string, attempts: number): Outcome {
    const { status, bytes } = raw;
    const date = raw.header('date');
    if (status >= 200 && status < 300) return { answer: { status, date, bytes, attempts, asked } };
    const retryAfter = retryAfterSeconds(raw.header('retry-after'), date, Date.now());
    const text = new TextDecoder().decode(bytes);
    const location = raw.header('location');
    const error = refusal({
      asked,
      status,
      text,
      redact: (words) => this.redact(words),
      attempts,
      retryAfterSeconds: retryAfter,
      location: location && this.redact(location),
    });
    return { failure: { kind: 'answer', status, retryAfterSeconds: retryAfter }, error };
  }

  #unanswered({ code, what, hint, detail, failure }: NetworkFailure, asked: string, attempts: number): FiddlerError {
    const tries = attempts > 1 ? ` (try ${attempts})` : '';
    const type = code === 'PROXY_UNAUTHORIZED' ? Unauthorized : Unavailable;
    // A copy of its words only: what Node and undici throw may hold on to the request and its headers.
    const cause = new Error(this.redact(detail));
    const permanent = failure.kind === 'hopeless' && !WITHOUT_A_CHANGE_HERE.includes(code);
    return new type(code, this.redact(`${asked}: ${what}${tries}`), { attempts, hint, cause, permanent });
  }

  #headers(request: ApiRequest, number: number): Record<string, string> {
    const { clientVersion = '0' } = this.#options;
    return {
      authorization: `Bearer ${this.#token.reveal()}`,
      'user-agent': `${CLIENT_NAME}/${clientVersion}`,
      'x-fiddler-client-name': CLIENT_NAME,
      'x-fiddler-client-version': clientVersion,
      ...(request.body ? { 'content-type': request.body.contentType } : {}),
      ...(number > 1 ? { 'x-fiddler-client-retry': String(number - 1) } : {}),
    };
  }

  #tell(
    request: ApiRequest,
    tried: Pick<RequestEvent, 'attempt' | 'seconds' | 'waitSeconds'> & { outcome: Outcome },
  ): void {
    const { outcome, ...rest } = tried;
    const answered = 'answer' in outcome;
    this.#options.onRequest?.({
      method: request.method,
      path: `${request.path}${queryText(request.query)}`,
      status: answered ? outcome.answer.status : outcome.error.status,
      bytesOut: request.body === undefined ? 0 : Buffer.byteLength(request.body.bytes),
      bytesIn: answered ? outcome.answer.bytes.length : 0,
      failure: answered ? null : outcome.error.message,
      ...rest,
    });
  }
}

function lost(error: FiddlerError): UnknownOutcome {
  return new UnknownOutcome('UNKNOWN_OUTCOME', `${error.message}; it may have been carried out`, {
    status: error.status,
    reason: error.reason,
    attempts: error.attempts,
    cause: error,
    hint: 'Look whether it was, before you repeat it.',
  });
}
