import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../../support/listening.js';
import { assert, packageRoot } from '../../support/test.js';

const STOCKED = join(packageRoot, 'spec', 'ci', 's3', 'stocked_moto.py');
/** At four a second: where the processor is shared, 100,000 objects take a minute. */
const MOST_TRIES = 1200;

export interface Moto {
  url: string;
  port: number;
  process: ChildProcess;
}

/** @param key empty for the bucket itself */
export async function putObject(url: string, bucket: string, key: string, body: Buffer | null): Promise<void> {
  const address = `${url}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const { status } = await fetch(address, {
    method: 'PUT',
    body,
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request' },
  });
  assert.is(status, 200, key);
}

export interface MotoOptions {
  /** Whether it refuses keys that it does not know, as servers do. */
  asksForKeys?: boolean;
  /** Objects that it has from the start, `000000.jpg` and so on. */
  stock?: { bucket: string; prefix: string; count: number };
}

/** @param python has moto[server] */
export async function startMoto(python: string, { asksForKeys, stock }: MotoOptions = {}): Promise<Moto> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = stock === undefined ? ['-m', 'moto.server'] : [STOCKED, stock.bucket, stock.prefix, `${stock.count}`];
  const moto = spawn(python, [...program, '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, ...(asksForKeys && { INITIAL_NO_AUTH_ACTION_COUNT: '0' }) },
  });
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const answers = await fetch(`${url}/moto-api/`).catch(() => null);
    if (answers !== null) return { url, port, process: moto };
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  moto.kill();
  throw new Error(`moto does not answer at ${url}`);
}
