/** A real Firefox, by WebDriver BiDi over the WebSocket that it opens itself. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { WebSocket } from 'undici';
import { temporaryFolder } from '../support/test.js';

export const FIREFOX = process.env['FIREFOX'] ?? '/usr/bin/firefox-esr';
export const hasFirefox = existsSync(FIREFOX);

interface Answer {
  id: number;
  type: string;
  message?: string;
  result: { context: string; type: string; result: { value: string }; exceptionDetails?: { text: string } };
}

export interface Firefox {
  /** Opens a page. @returns what the expression's promise gives there, which JSON can hold */
  evaluate<T>(address: string, expression: string): Promise<T>;
  close(): Promise<void>;
}

export async function launchFirefox(): Promise<Firefox> {
  const words = ['--headless', '--no-remote', '--profile', temporaryFolder(), '--remote-debugging-port', '0'];
  const process = spawn(FIREFOX, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => process.once('exit', () => resolve()));
  const socket = new WebSocket(`${await addressOf(process.stderr, ended)}/session`);
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(data as string) as Answer;
    waiting.get(answer.id)?.(answer);
  });
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  let last = 0;
  const send = async (method: string, params: object): Promise<Answer['result']> => {
    last++;
    const sent = new Promise<Answer>((resolve) => waiting.set(last, resolve));
    socket.send(JSON.stringify({ id: last, method, params }));
    const { type, message, result } = await sent;
    if (type !== 'success') throw new Error(`${method}: ${message}`);
    return result;
  };
  await send('session.new', { capabilities: {} });
  return {
    async evaluate<T>(address: string, expression: string) {
      const { context } = await send('browsingContext.create', { type: 'tab' });
      await send('browsingContext.navigate', { context, url: address, wait: 'complete' });
      const { result, exceptionDetails } = await send('script.evaluate', {
        expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value))`,
        target: { context },
        awaitPromise: true,
      });
      await send('browsingContext.close', { context });
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
      return JSON.parse(result.value) as T;
    },
    async close() {
      await send('browser.close', {});
      await ended;
    },
  };
}

async function addressOf(lines: NodeJS.ReadableStream, ended: Promise<void>): Promise<string> {
  let said = '';
  const found = new Promise<string>((resolve) => {
    lines.on('data', (chunk) => {
      said += String(chunk);
      const address = /BiDi listening on (ws:\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
  const failed = ended.then(() => Promise.reject(new Error(`Firefox ended: ${said}`)));
  return Promise.race([found, failed]);
}
