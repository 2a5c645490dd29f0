import { batch, signal } from '@preact/signals';
import { wrap, type Remote } from 'comlink';
import { checkModel, type ExternalDataFile, type ModelReport } from 'fovea';
import { PlainError } from '../base/messages.js';
import { toFileView, type FileView } from './file-view.js';
import type { Problem } from './problems.js';
import { Measured } from './running/measured.js';
import { ModelRun } from './running/model-run.js';
import type { ModelReader, ReadGraph } from './reader.worker.js';

/** The files that a model is in. */
export interface ModelFiles {
  name: string;
  model: Blob;
  /** Of weights. */
  others: readonly File[];
}

/** A model that was opened, and what is known of it by now. */
export class Subject {
  readonly files: ModelFiles;
  readonly reader: Remote<ModelReader>;
  readonly main: FileView;
  /** What the engine says of it; undefined until that is known. */
  readonly report = signal<ModelReport | undefined>(undefined);
  /** What cannot be run, and where it is. */
  readonly problems = signal<readonly Problem[]>([]);
  readonly measured = signal<Measured | undefined>(undefined);
  /** What is looked at: graphs of the file, each within the one before. */
  readonly path = signal<readonly FileView[]>([]);
  readonly run: ModelRun;
  readonly #closing = new AbortController();
  readonly #worker: Worker;
  readonly #views = new Map<number, FileView>();

  private constructor(
    files: ModelFiles,
    worker: Worker,
    reader: Remote<ModelReader>,
    read: ReadGraph,
  ) {
    this.files = files;
    this.#worker = worker;
    this.reader = reader;
    this.run = new ModelRun(files.model, externalData(files));
    this.main = toFileView(0, read);
    this.#views.set(0, this.main);
    this.path.value = [this.main];
  }

  /**
   * Reads a model until its first screen can be drawn.
   *
   * @throws FoveaError MalformedModel, or PlainError where the engine has nothing against it
   */
  static async open(files: ModelFiles): Promise<Subject> {
    const worker = new Worker(new URL('./reader.worker.ts', import.meta.url), { type: 'module' });
    const reader = wrap<ModelReader>(worker);
    try {
      const read = await reader.open(files.model, files.others);
      const subject = new Subject(files, worker, reader, read);
      await subject.main.view.update();
      return subject;
    } catch (cause) {
      worker.terminate();
      // The engine says better what is wrong with it.
      await checkModel(files.model);
      const message = 'It is damaged, or no .onnx file: download or export it again.';
      throw new PlainError(`${files.name} cannot be read.`, message, { cause });
    }
  }

  /** Has the engine examine it. */
  async check(): Promise<void> {
    const options = { externalData: externalData(this.files), signal: this.#closing.signal };
    const report = await checkModel(this.files.model, options);
    const { unsupported } = report;
    const ways = await this.reader.placesOf(unsupported.map(({ node }) => node));
    batch(() => {
      this.report.value = report;
      this.problems.value = unsupported.map((one) => ({ ...one, way: ways.get(one.node) }));
    });
  }

  /** Whether any of these files is one that it has weights in. */
  async needs(files: readonly File[]): Promise<boolean> {
    const names = new Set(await this.reader.weightFiles());
    return files.some(({ name }) => names.has(name));
  }

  /** Shows a graph that is within the one shown. */
  async enter(at: number): Promise<void> {
    let inner = this.#views.get(at);
    if (!inner) {
      inner = toFileView(at, await this.reader.graph(at));
      this.#views.set(at, inner);
    }
    await inner.view.update();
    this.path.value = [...this.path.value, inner];
  }

  /** Goes back to one of those that lead to what is shown. */
  leaveTo(depth: number): void {
    this.path.value = this.path.value.slice(0, depth + 1);
  }

  /** Runs it and keeps what each step took. */
  async measure(signal: AbortSignal): Promise<void> {
    const nodes = await this.run.profile(signal);
    const measured = await Measured.from(nodes, this.main, (graph) => this.reader.group(graph));
    await measured.view.update();
    this.measured.value = measured;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#worker.terminate();
    await this.run.release();
  }
}

function externalData({
  others,
}: ModelFiles): ((location: string) => File | undefined) | ExternalDataFile[] {
  if (others.length === 0) return [];
  return (location) => others.find(({ name }) => name === location.split('/').at(-1));
}
