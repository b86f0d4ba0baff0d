/** Threads are module workers. The first message brings what a thread starts with. */
import type { Port, Thread, ThreadMaker } from '../platform.js';
import { loadedAssets, takeAssets } from './assets.js';

type Listener = (value: unknown) => void;

/** What workers and their scope have, of the DOM's types. */
interface Messages {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  addEventListener(
    type: string,
    listener: (event: { data?: unknown; message?: string; preventDefault?(): void }) => void,
  ): void;
}

interface PageWorker extends Messages {
  terminate(): void;
}

type WorkerClass = new (script: URL, options: { type: 'module' }) => PageWorker;

const STARTS = 'image-drift starts';
const ENDS = 'image-drift ends';

interface Start {
  is: typeof STARTS;
  data: unknown;
  number: number;
  assets: ReadonlyMap<string, Uint8Array>;
}

class Listeners {
  readonly #listeners = new Map<string, Set<Listener>>();

  on(event: string, listener: Listener): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
  }

  once(event: string, listener: Listener): void {
    const first: Listener = (value) => {
      this.#listeners.get(event)?.delete(first);
      listener(value);
    };
    this.on(event, first);
  }

  removeAllListeners(event: string): void {
    this.#listeners.delete(event);
  }

  hasListeners(event: string): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0;
  }

  emit(event: string, value: unknown): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(value);
  }
}

class PageThread extends Listeners implements Thread {
  readonly #worker: PageWorker;
  #hasEnded = false;

  constructor(worker: PageWorker, script: URL) {
    super();
    this.#worker = worker;
    worker.addEventListener('message', ({ data }) => {
      if (data === ENDS) this.#end(0);
      else this.emit('message', data);
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault?.();
      this.emit('error', new Error(event.message || `Cannot find module ${script.href}`));
      this.#end(1);
    });
  }

  postMessage(message: unknown, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  ref(): void {}

  unref(): void {}

  async terminate(): Promise<void> {
    this.#worker.terminate();
    this.#end(1);
  }

  #end(code: number): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    queueMicrotask(() => this.emit('exit', code));
  }
}

let threads = 0;

export const threadsHaveFiles = false;

export function startThread(make: ThreadMaker, data: unknown, _youngMegabytes?: number): Thread {
  const { Worker } = globalThis as unknown as { Worker: WorkerClass };
  return make(
    class extends PageThread {
      constructor(script: URL, options: { type: 'module' }) {
        const worker = new Worker(script, options);
        super(worker, script);
        const start: Start = { is: STARTS, data, number: ++threads, assets: loadedAssets() };
        this.postMessage(start);
      }
    },
  );
}

// On the side of the thread. The messages of another worker, which only uses this package, are left to it.

const scope = globalThis as unknown as Partial<Messages> & { close?(): void };

class ScopePort extends Listeners implements Port {
  readonly #early: unknown[] = [];

  override on(event: string, listener: Listener): void {
    super.on(event, listener);
    for (const message of this.#early.splice(0)) this.emit(event, message);
  }

  take(message: unknown): void {
    if (this.hasListeners('message')) this.emit('message', message);
    else this.#early.push(message);
  }

  postMessage(message: unknown, transfer: ArrayBuffer[] = []): void {
    scope.postMessage!(message, transfer);
  }
}

const port = new ScopePort();
let number = 0;

const started = new Promise<unknown>((resolve) => {
  if (!('WorkerGlobalScope' in globalThis)) return;
  scope.addEventListener!('message', ({ data }) => {
    const start = data as Partial<Start> | null;
    if (number > 0) port.take(data);
    else if (start?.is === STARTS) {
      number = start.number!;
      takeAssets(start.assets!);
      resolve(start.data);
    }
  });
});

export function threadData<T>(): Promise<T> {
  return started as Promise<T>;
}

export function threadPort(): Port {
  return port;
}

export function leaveThread(): void {
  scope.postMessage!(ENDS);
  scope.close!();
}

export function threadNumber(): number {
  return number;
}

interface ChannelPort {
  onmessage: (() => void) | null;
  postMessage(message: null): void;
  close(): void;
}

/** Timers wait milliseconds; a message does not. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel() as unknown as Record<'port1' | 'port2', ChannelPort>;
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
