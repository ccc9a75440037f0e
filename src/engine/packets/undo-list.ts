/** What takes each effect back, last first; each is known before its effect begins. One that fails does not stop the others. */
export class UndoList {
  readonly #undos: (() => Promise<unknown>)[] = [];

  add(undo: () => Promise<unknown>): void {
    this.#undos.push(undo);
  }

  /** @throws the first failure, when all have been tried */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const undo of this.#undos.toReversed()) await undo().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
