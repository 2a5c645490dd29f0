import { computed, effect, signal, untracked, type Signal } from '@preact/signals';
import { FoveaError } from 'fovea';
import { offered } from '../base/handing-over.js';
import { isAborted, refusal } from '../base/messages.js';
import { isModelFile } from '../base/model-choice/model-choice.js';
import type { Activity } from '../base/Progress.js';
import { fileOfNetwork, ownNetwork, type OwnNetwork } from '../base/model-choice/networks.js';
import { saveFile } from '../saving/save-file.js';
import type { Description } from './editing/description.js';
import type { NodePlace } from './onnx/model.js';
import { warmUp } from './layout/client.js';
import { RunSettings } from './running/run-settings.js';
import { Subject, type ModelFiles } from './subject.js';
import { problemsIn, type ProblemWords } from './problems.js';
import { Watching } from './running/watching.js';

/** What is shown: the file's own nodes, or what the engine makes of them. */
export type Mode = 'file' | 'run';

/** What becomes of a file that was made. */
export type FileUse = 'download' | 'open';

/** The page's state. */
export class Inspector {
  readonly subject = signal<Subject | undefined>(undefined);
  readonly mode = signal<Mode>('file');
  /** What is to be shown, which may take a while, and may fail. */
  readonly wantedMode = signal<Mode>('file');
  readonly tab = signal<'part' | 'model' | 'run'>('model');
  readonly errors = signal<readonly unknown[]>([]);
  /** What is being done. */
  readonly busy = signal<Activity | undefined>(undefined);
  readonly settings = new RunSettings();
  readonly watching = new Watching();

  /** The graph that is shown. */
  readonly view = computed(() => {
    const subject = this.subject.value;
    if (!subject) return undefined;
    const measured = this.mode.value === 'run' ? subject.measured.value : undefined;
    return measured?.view ?? subject.path.value.at(-1)!.view;
  });

  /** What cannot be run of the graph that is shown. */
  readonly problems = computed((): ProblemWords => {
    const subject = this.subject.value;
    const shown = subject?.path.value.at(-1);
    const isShown = shown !== undefined && shown.view === this.view.value;
    return isShown ? problemsIn(shown, subject!.problems.value) : new Map();
  });

  /** The ends of a part that is to be taken out, by the values' names, and whether people see that. */
  readonly cut = { from: signal(''), to: signal(''), isOpen: signal(false) };

  #work = new AbortController();

  constructor() {
    warmUp();
    effect(() => {
      const wanted = this.wantedMode.value;
      untracked(() => void this.#showMode(wanted));
    });
  }

  /** Takes files that were chosen, dropped or pasted: a model, its weights, a picture to run it on. */
  async take(files: readonly File[]): Promise<void> {
    const model = files.find(isModelFile);
    const pictures = files.filter(({ type }) => type.startsWith('image/'));
    const others = files.filter((file) => file !== model && !pictures.includes(file));
    const shown = this.subject.value;
    if (model) await this.open({ name: model.name, model, others });
    else if (await shown?.needs(others)) await this.open({ ...shown!.files, others });
    else if (others[0]) await this.open({ name: others[0].name, model: others[0], others: [] });
    if (pictures[0] && (await this.#attempt('', () => this.settings.takePicture(pictures[0]!)))) {
      this.tab.value = 'run';
    }
  }

  /** Opens one of the package's own models. */
  async openOwn(kind: OwnNetwork): Promise<void> {
    const network = ownNetwork(kind);
    await this.#attempt(`Fetching ${network.title}`, async (signal) => {
      const model = await fileOfNetwork(network, signal);
      await this.#open({ name: `Fovea ×2: ${network.title}`, model, others: [] }, signal);
    });
  }

  /** Opens a model that another page has made. */
  async openOffered(key: string): Promise<void> {
    await this.#attempt('Fetching the model', async (signal) => {
      const model = await offered(key);
      await this.#open({ name: model.name, model, others: [] }, signal);
    });
  }

  async open(files: ModelFiles): Promise<void> {
    await this.#attempt(`Reading ${files.name}`, (signal) => this.#open(files, signal));
  }

  async #open(files: ModelFiles, signal: AbortSignal): Promise<void> {
    performance.mark('open-model');
    const next = await Subject.open(files);
    if (signal.aborted) await next.close();
    signal.throwIfAborted();
    const before = this.subject.value;
    this.#show(next);
    void this.#examine(next, before);
  }

  /** Has the engine examine what is shown already. What it finds damaged makes way for what was shown before. */
  async #examine(next: Subject, before: Subject | undefined): Promise<void> {
    let last = before;
    try {
      await next.check();
      if (this.subject.value === next) this.settings.adopt(next.report.value!);
    } catch (error) {
      if (this.subject.value === next) {
        this.errors.value = [error];
        const isDamaged = error instanceof FoveaError && error.code === 'MalformedModel';
        if (isDamaged && before) {
          this.#show(before);
          last = next;
        }
      }
    }
    await last?.close();
  }

  #show(subject: Subject): void {
    this.subject.value = subject;
    this.showFile();
    this.tab.value = 'model';
    this.watching.clear();
    this.cut.from.value = '';
    this.cut.to.value = '';
    const report = subject.report.value;
    if (report) this.settings.adopt(report);
  }

  showFile(): void {
    this.mode.value = 'file';
    this.wantedMode.value = 'file';
  }

  /** Shows the nodes of the file, or what the engine runs, which is measured first. */
  async #showMode(wanted: Mode): Promise<void> {
    if (wanted === this.mode.value) return;
    const subject = this.subject.value!;
    const isThere = wanted === 'file' || subject.measured.value || (await this.measure());
    if (this.subject.value !== subject) return;
    if (!isThere) {
      this.wantedMode.value = this.mode.value;
      return;
    }
    // What runs is the whole, wherever one was.
    if (wanted === 'run') subject.leaveTo(0);
    this.mode.value = wanted;
  }

  /** Runs the model to see what each step takes. Whether it did. */
  measure(): Promise<boolean> {
    return this.#attempt('Running and measuring', async (signal) => {
      const subject = this.subject.value!;
      subject.run.plan = await this.settings.plan(subject.report.value!);
      await subject.measure(signal);
    });
  }

  /** Runs the model and shows one of its values as pictures. */
  async watch(name: string): Promise<void> {
    await this.#attempt(`Computing ${name}`, async (signal) => {
      const subject = this.subject.value!;
      subject.run.plan = await this.settings.plan(subject.report.value!);
      this.watching.show(name, await subject.run.value(name, signal));
    });
  }

  /** Chooses a node or group of the graph that is shown. */
  async reveal(id: number | undefined): Promise<void> {
    if (id === undefined) return;
    this.tab.value = 'part';
    await this.view.value?.reveal(id);
  }

  /** Chooses a node of the file, whichever graph is shown and whichever it is in. */
  async follow(way: readonly NodePlace[]): Promise<void> {
    this.showFile();
    await this.#attempt('', async () => {
      const subject = this.subject.value!;
      subject.leaveTo(0);
      for (const { graph } of way.slice(1)) await subject.enter(graph);
    });
    await this.reveal(way.at(-1)?.node);
  }

  /** Makes a value an end of the part to be taken out; shows that once both are known. */
  cutAt(end: Signal<string>, name: string): void {
    end.value = name;
    if (!this.cut.from.value || !this.cut.to.value) return;
    this.cut.isOpen.value = true;
    this.tab.value = 'model';
  }

  /** Writes the model anew, with another description. */
  async edit(description: Description, use: FileUse): Promise<void> {
    await this.#write('edited', use, async (model, signal) => {
      const { editModel } = await import('fovea/edit');
      return editModel(model, { ...description.edits(), signal });
    });
  }

  /** Writes what leads from one value to another as a model of its own. */
  async takeOut(use: FileUse): Promise<void> {
    const { from, to } = this.cut;
    await this.#write('part', use, async (model, signal) => {
      const { extractModel } = await import('fovea/edit');
      return extractModel(model, { inputs: [from.value], outputs: [to.value], signal });
    });
  }

  async #write(
    suffix: string,
    use: FileUse,
    make: (model: Blob, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    await this.#attempt('Writing the model', async (signal) => {
      const { files } = this.subject.value!;
      const name = `${files.name.replace(/\.onnx$|[:/\\]/gi, '')}-${suffix}.onnx`;
      const written = await make(files.model, signal).catch((error: unknown) => {
        throw refusal(error, 'This cannot be written.');
      });
      const made = new Blob([written]);
      signal.throwIfAborted();
      if (use === 'download') saveFile(made, name);
      else await this.#open({ ...files, name, model: made }, signal);
    });
  }

  async enter(graph: number): Promise<void> {
    await this.#attempt('', () => this.subject.value!.enter(graph));
  }

  cancel(): void {
    this.#work.abort();
  }

  closeErrors(): void {
    this.errors.value = [];
  }

  /** Does one piece of work instead of the one before. Whether it was done. */
  async #attempt(what: string, work: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
    this.#work.abort();
    const { signal } = (this.#work = new AbortController());
    this.errors.value = [];
    this.busy.value = what ? { label: what } : undefined;
    try {
      await work(signal);
      return !signal.aborted;
    } catch (error) {
      if (!signal.aborted && !isAborted(error)) this.errors.value = [error];
      return false;
    } finally {
      if (this.#work.signal === signal) this.busy.value = undefined;
    }
  }
}
