/** Limits how much is held at once. Whoever comes first enters first. */
export class Room {
  #free: number;
  readonly #size: number;
  readonly #waiting: { amount: number; enter: () => void }[] = [];

  constructor(size: number) {
    this.#size = size;
    this.#free = size;
  }

  /**
   * Waits until there is room for `amount`; for what is larger than the whole, until the room is empty.
   * @returns leaves the room; to be called once
   */
  async enter(amount: number): Promise<() => void> {
    const needed = Math.min(amount, this.#size);
    await new Promise<void>((enter) => {
      this.#waiting.push({ amount: needed, enter });
      this.#admit();
    });
    return () => {
      this.#free += needed;
      this.#admit();
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && next.amount <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= next.amount;
      next.enter();
    }
  }
}
