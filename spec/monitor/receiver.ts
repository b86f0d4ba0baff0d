/** Takes the messages of alarms. */
import { createServer } from 'node:http';
import type { Notification } from '../../pipeline/monitor/notify.js';
import { type Listening, listen } from '../support/listening.js';

/** It can be down: it answers 503, or refuses the connection once it is closed. */
export class Receiver {
  readonly messages: Notification[] = [];
  readonly tokens: (string | undefined)[] = [];
  isDown = false;
  #listening: Listening | null = null;

  async open(port = 0): Promise<string> {
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      if (!this.isDown) {
        this.messages.push(JSON.parse(text));
        this.tokens.push(request.headers.authorization);
      }
      response.writeHead(this.isDown ? 503 : 204).end();
    });
    this.#listening = await listen(server, port);
    return `${this.#listening.url}/hook`;
  }

  async close(): Promise<void> {
    await this.#listening?.close();
  }
}
