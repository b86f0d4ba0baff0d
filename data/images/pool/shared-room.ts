/** Bytes of a unit: amounts are counted in 32 bits. */
const UNIT = 1024;
/** Places of the whole size, of what is free, and of what the first thread holds. */
const [SIZE, FREE, FIRST] = [0, 1, 2];

/** Limits what all threads of a pool hold together, in memory that they share. A thread holds one amount at a time. */
export class SharedRoom {
  readonly #places: Int32Array;

  constructor(readonly buffer: SharedArrayBuffer) {
    this.#places = new Int32Array(buffer);
  }

  static of(bytes: number, threads: number): SharedRoom {
    const places = new Int32Array(new SharedArrayBuffer(4 * (FIRST! + threads)));
    places.fill(Math.ceil(bytes / UNIT), SIZE, FIRST);
    return new SharedRoom(places.buffer as SharedArrayBuffer);
  }

  /** Blocks the thread until there is room for so many bytes; for more than the whole room has, until it is empty. */
  enter(thread: number, bytes: number): void {
    const places = this.#places;
    const needed = Math.min(Math.ceil(bytes / UNIT), places[SIZE!]!);
    for (;;) {
      const free = Atomics.load(places, FREE!);
      if (free < needed) Atomics.wait(places, FREE!, free);
      else if (Atomics.compareExchange(places, FREE!, free, free - needed) === free) break;
    }
    Atomics.store(places, FIRST! + thread, needed);
  }

  leave(thread: number): void {
    const held = Atomics.exchange(this.#places, FIRST! + thread, 0);
    if (held === 0) return;
    Atomics.add(this.#places, FREE!, held);
    Atomics.notify(this.#places, FREE!);
  }
}
