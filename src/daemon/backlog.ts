/** As many as the store keeps of events, so that a listener that begins with all of them misses none. */
const BACKLOG_MAX = 1200;

interface Taken<Value> {
  value: Value;
  /** How many were dropped between the one that was taken before and this one. */
  dropped: number;
}

/** Values on their way to one reader: the oldest go when it does not come for them. */
export class Backlog<Value> {
  readonly #most: number;
  #values: Value[] = [];
  #dropped = 0;
  #isOver = false;
  #wake = () => {};

  constructor(most: number = BACKLOG_MAX) {
    this.#most = most;
  }

  push(value: Value): void {
    if (this.#isOver) return;
    this.#values.push(value);
    if (this.#values.length > this.#most) {
      this.#values.shift();
      this.#dropped += 1;
    }
    this.#wake();
  }

  /** No more will come: what is there is taken all the same. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** The oldest that is there, as soon as there is one; null at the end. */
  async take(): Promise<Taken<Value> | null> {
    while (this.#values.length === 0) {
      if (this.#isOver) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const dropped = this.#dropped;
    this.#dropped = 0;
    return { value: this.#values.shift() as Value, dropped };
  }
}
