// Several pictures, one after the other: what each is at, without any page.

import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';

/** A file that was made of a picture. */
export interface Made {
  /** With its ending. */
  name: string;
  blob: Blob;
}

export interface EnlargeOptions {
  signal: AbortSignal;
  /** Told from 0 to 1. */
  onProgress: (part: number) => void;
}

export type EnlargeFile = (file: File, options: EnlargeOptions) => Promise<Made>;

export type ItemState =
  | { kind: 'waiting' }
  | { kind: 'working'; part: number }
  | { kind: 'done'; made: Made }
  | { kind: 'failed'; error: unknown }
  | { kind: 'cancelled' };

/** A picture of the batch. */
export interface BatchItem {
  file: File;
  /** As people know it: with the folders that it was picked with. */
  path: string;
  state: Signal<ItemState>;
}

export interface BatchCounts {
  done: number;
  failed: number;
  cancelled: number;
}

export class Batch {
  readonly items: readonly BatchItem[];
  readonly isRunning: ReadonlySignal<boolean>;
  readonly counts: ReadonlySignal<BatchCounts>;
  /** How much of all is done, from 0 to 1. */
  readonly part: ReadonlySignal<number>;
  /** What is on the user's disk already. */
  readonly #saved = new Set<Blob>();
  readonly #enlarge: EnlargeFile;
  readonly #running = signal(false);
  #work = new AbortController();
  #finished: Promise<void> = Promise.resolve();

  constructor(files: readonly File[], enlarge: EnlargeFile) {
    this.#enlarge = enlarge;
    this.items = files.map((file) => ({
      file,
      path: file.webkitRelativePath || file.name,
      state: signal<ItemState>({ kind: 'waiting' }),
    }));
    this.isRunning = computed(() => this.#running.value);
    this.counts = computed(() => ({
      done: this.#count('done'),
      failed: this.#count('failed'),
      cancelled: this.#count('cancelled'),
    }));
    this.part = computed(
      () => this.items.reduce((sum, item) => sum + partOf(item.state.value), 0) / this.items.length,
    );
  }

  /** Enlarges all that is not done; those that failed or were cancelled once more. One that fails stops no other. */
  start(): Promise<void> {
    const work = new AbortController();
    this.#work.abort();
    this.#work = work;
    this.#finished = this.#finished.then(() => this.#run(work.signal));
    return this.#finished;
  }

  /** Ends the work; what is done stays. */
  cancel(): void {
    this.#work.abort();
  }

  /** What is done, where it came from: the same folders. */
  *results(): Generator<Made> {
    for (const { path, state } of this.items) {
      if (state.value.kind !== 'done') continue;
      const { name, blob } = state.value.made;
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      yield { name: folder + name, blob };
    }
  }

  markSaved(...results: readonly Made[]): void {
    for (const { blob } of results) this.#saved.add(blob);
  }

  /** Whether something would be lost with the page. */
  hasUnsaved(): boolean {
    const isUnsaved = ({ blob }: Made) => !this.#saved.has(blob);
    return this.isRunning.value || [...this.results()].some(isUnsaved);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const left = this.items.filter(({ state }) => state.value.kind !== 'done');
    for (const { state } of left) state.value = { kind: 'waiting' };
    this.#running.value = true;
    for (const item of left) await this.#enlargeOne(item, signal);
    this.#running.value = false;
  }

  async #enlargeOne({ file, state }: BatchItem, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      state.value = { kind: 'cancelled' };
      return;
    }
    state.value = { kind: 'working', part: 0 };
    const onProgress = (part: number) => {
      if (state.value.kind === 'working') state.value = { kind: 'working', part };
    };
    try {
      state.value = { kind: 'done', made: await this.#enlarge(file, { signal, onProgress }) };
    } catch (error) {
      state.value = signal.aborted ? { kind: 'cancelled' } : { kind: 'failed', error };
    }
  }

  #count(kind: ItemState['kind']): number {
    return this.items.filter(({ state }) => state.value.kind === kind).length;
  }
}

function partOf(state: ItemState): number {
  if (state.kind === 'working') return state.part;
  return state.kind === 'waiting' ? 0 : 1;
}
