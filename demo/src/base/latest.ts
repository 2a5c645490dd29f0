/** Does one piece of work at a time: each ends the one before, and begins when that has ended. */
export class Latest {
  #work = new AbortController();
  #finished = Promise.resolve();

  /** The task gets a signal that says when another, or nothing, is to be done instead. */
  run(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.cancel();
    const { signal } = (this.#work = new AbortController());
    this.#finished = this.#finished.then(() => (signal.aborted ? undefined : task(signal)));
    return this.#finished;
  }

  cancel(): void {
    this.#work.abort();
  }
}
