import {
  type ClientOptions,
  FiddlerClient,
  type RequestEvent,
  type RetryPolicy,
  Token,
} from '../../../../fiddler/client/index.js';
import { test } from '../../../support/test.js';
import { type Answer, type Script, type ScriptedServer, serve } from './scripted-server.js';

export const SECRET = 'fid_s3cret-0f-the-specs_AAAABBBBCCCC';

/** Some eight tries within the window: for servers that never answer. */
export const QUICK: RetryPolicy = {
  windowSeconds: 0.4,
  firstContactSeconds: 0.1,
  firstWaitSeconds: 0.004,
  longestWaitSeconds: 0.1,
};

/** For scripts that end with an answer, which a busy machine gives later than the window of `QUICK` ends. */
export const PATIENT: RetryPolicy = { ...QUICK, windowSeconds: 60, firstContactSeconds: 60 };

export interface Rig {
  client: FiddlerClient;
  server: ScriptedServer;
  events: RequestEvent[];
}

/** @returns what `use` gives */
export async function withServer<T>(
  script: Script | Answer[],
  use: (rig: Rig) => Promise<T>,
  options: Partial<ClientOptions> = {},
): Promise<T> {
  const server = await serve(script);
  const events: RequestEvent[] = [];
  const client = clientOf(server.url, { retry: PATIENT, onRequest: (event) => events.push(event), ...options });
  try {
    return await use({ client, server, events });
  } finally {
    await server.close();
    await client.close();
  }
}

export function served(...[name, ...rest]: [name: string, ...Parameters<typeof withServer<void>>]): void {
  test(name, () => withServer(...rest));
}

export function clientOf(url: string, options: Partial<ClientOptions> = {}): FiddlerClient {
  return new FiddlerClient({ url, token: new Token(SECRET), retry: QUICK, ...options });
}

export const PROJECT = { id: 'p1', name: 'image_monitoring' };
