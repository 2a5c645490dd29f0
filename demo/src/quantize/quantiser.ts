import { batch, effect, signal } from '@preact/signals';
import type { OnProgress } from 'fovea';
import {
  quantize,
  type LayerReport,
  type QuantizeReport,
  type QuantizeSettings,
} from 'fovea/quantize';
import { Offer } from '../base/handing-over.js';
import { Latest } from '../base/latest.js';
import { isModelFile } from '../base/model-choice/model-choice.js';
import { fileOfNetwork, type Network } from '../base/model-choice/networks.js';
import type { Activity } from '../base/Progress.js';
import {
  choosePicture,
  chooseSamples,
  closePicture,
  mostPictures,
  type ChosenPicture,
} from './choosing/pictures.js';
import { closeCompared, Twins, type Both, type Compared } from './comparing/twins.js';
import { faultOf, noModel, noPictures, tooMany } from './faults.js';
import { timeLayers, type Timing } from './layers/timing.js';
import { keeping, keptFloat, model, quantizeSettings } from './preferences.js';

/** A model that was made smaller. */
export interface Quantised {
  network: Network;
  files: Both<Blob>;
  /** Of the quantised file. */
  name: string;
  report: QuantizeReport;
  settings: QuantizeSettings;
  /** For pages that look into it. */
  offer: Offer;
}

/** The page's state: what is to be quantised with what, what became of it, and the work that it takes. */
export class Quantiser {
  readonly pictures = signal<readonly ChosenPicture[]>([]);
  readonly quantised = signal<Quantised | undefined>(undefined);
  /** How both models enlarge a picture. */
  readonly compared = signal<Compared | undefined>(undefined);
  readonly timing = signal<Timing | undefined>(undefined);
  readonly activity = signal<Activity | undefined>(undefined);
  readonly status = signal('');
  readonly errors = signal<readonly unknown[]>([]);
  readonly #latest = new Latest();
  #twins: Twins | undefined;

  constructor() {
    effect(() => {
      const network = model.network();
      // Layers of another model have other names.
      if (this.quantised.peek()?.network.key === network?.key) return;
      batch(() => {
        if (keeping.peek() === 'chosen') keeping.value = 'auto';
        keptFloat.value = [];
      });
    });
  }

  /** Takes files that were chosen, dropped or pasted: models and pictures. */
  async take(files: readonly File[]): Promise<void> {
    const own = files.find(isModelFile);
    if (own) model.take(own);
    const pictures = files.filter((file) => !isModelFile(file));
    await this.#add(pictures.map((file) => choosePicture(file, file.name)));
  }

  takeSamples(): Promise<void> {
    return this.#add(chooseSamples());
  }

  remove(picture: ChosenPicture): void {
    closePicture(picture);
    this.pictures.value = this.pictures.value.filter((other) => other !== picture);
  }

  /** Quantises the model with the pictures, as it is set by now; then compares what became of it. */
  start(): Promise<void> {
    return this.#attempt(async (signal) => {
      const network = model.network();
      if (!network) throw noModel();
      const pictures = this.pictures.peek();
      if (pictures.length === 0) throw noPictures();
      this.activity.value = { label: `Loading the model “${network.title}”` };
      const file = await fileOfNetwork(network, signal);
      const settings = quantizeSettings();
      const report = activityOf((activity) => this.#tell(signal, activity));
      const images = pictures.map((picture) => picture.file);
      const made = await quantize(file, { ...settings, images, signal, onProgress: report });
      signal.throwIfAborted();
      await this.#forgetTwins();
      const name = fileName(network);
      const quantised = new File([made.model], name, { type: 'application/octet-stream' });
      this.#show({
        ...{ network, name, settings, report: made.report },
        files: { float: file, quantised },
        offer: new Offer(quantised),
      });
      await this.#compare(pictures[0]!, signal);
    });
  }

  /** Compares both models on another of the pictures. */
  compare(picture: ChosenPicture): Promise<void> {
    return this.#attempt((signal) => this.#compare(picture, signal));
  }

  /** Has a layer stay float, or no longer, and starts anew. */
  keep(node: string, isFloat: boolean): void {
    const layers = this.quantised.peek()?.report.layers ?? [];
    const found = layers.filter((layer) => canChoose(layer) && !layer.quantised);
    const kept = keeping.peek() === 'chosen' ? keptFloat.peek() : found.map((layer) => layer.node);
    const others = kept.filter((name) => name !== node);
    batch(() => {
      keeping.value = 'chosen';
      keptFloat.value = isFloat ? [...others, node] : others;
    });
    void this.start();
  }

  cancel(): void {
    this.#latest.cancel();
    batch(() => {
      this.activity.value = undefined;
      this.status.value = 'Cancelled.';
    });
  }

  closeErrors(): void {
    this.errors.value = [];
  }

  async #compare(picture: ChosenPicture, signal: AbortSignal): Promise<void> {
    const { files, report } = this.quantised.peek()!;
    this.activity.value = { label: 'Enlarging a picture by both models' };
    this.#twins ??= await Twins.load(files, signal);
    const compared = await this.#twins.compare(picture, signal);
    this.#setCompared(compared);
    if (this.timing.peek()) return;
    this.activity.value = { label: 'Measuring each layer' };
    const profiles = await this.#twins.profile(compared, signal);
    this.timing.value = await timeLayers(report.layers, files, profiles);
  }

  /** Adds pictures that are being opened. Those that cannot be stop no others. */
  async #add(opening: readonly Promise<ChosenPicture>[]): Promise<void> {
    const opened = await Promise.allSettled(opening);
    const chosen = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const faults = opened.flatMap((each): unknown[] =>
      each.status === 'rejected' ? [each.reason] : [],
    );
    const all = [...this.pictures.value, ...chosen];
    if (all.length > mostPictures) faults.push(tooMany());
    batch(() => {
      this.errors.value = faults;
      this.pictures.value = all.slice(0, mostPictures);
    });
    all.slice(mostPictures).forEach(closePicture);
  }

  #show(quantised: Quantised): void {
    this.quantised.peek()?.offer.close();
    batch(() => {
      this.#setCompared(undefined);
      this.quantised.value = quantised;
      this.timing.value = undefined;
      this.status.value = `${quantised.name} is made.`;
    });
  }

  /** The next comparison loads the models anew. */
  async #forgetTwins(): Promise<void> {
    const twins = this.#twins;
    this.#twins = undefined;
    await twins?.release();
  }

  #setCompared(compared: Compared | undefined): void {
    const before = this.compared.peek();
    this.compared.value = compared;
    if (before) closeCompared(before);
  }

  #tell(signal: AbortSignal, activity: Activity): void {
    if (!signal.aborted) this.activity.value = activity;
  }

  /** Does one piece of work instead of the one before, and tells how it ended. */
  #attempt(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    return this.#latest.run(async (signal) => {
      batch(() => {
        this.errors.value = [];
        this.status.value = '';
      });
      try {
        await task(signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#forgetTwins();
        batch(() => {
          this.errors.value = [faultOf(error)];
          this.status.value = 'That did not work.';
        });
      }
      if (!signal.aborted) this.activity.value = undefined;
    });
  }
}

/** Whether it is for people to say if a layer stays float: some cannot be quantised at all. */
export function canChoose({ opType }: LayerReport): boolean {
  return opType !== '';
}

/** Tells of the quantiser's progress, and from a tenth on how long it still takes. */
function activityOf(tell: (activity: Activity) => void): OnProgress {
  const start = performance.now();
  return ({ stage, done }) => {
    if (stage !== 'quantize') return;
    const seconds = (performance.now() - start) / 1000;
    const secondsLeft = done < 0.1 ? undefined : (seconds / done) * (1 - done);
    tell({ label: 'Making it smaller', part: done, secondsLeft });
  };
}

function fileName({ key, title, source }: Network): string {
  const isOwn = source instanceof URL;
  const dashed = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const own = isOwn ? `fovea-${dashed}` : title;
  return `${own.replace(/\.onnx$/i, '')}-int8.onnx`;
}
