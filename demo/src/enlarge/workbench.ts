import { batch, computed, signal } from '@preact/signals';
import { isModelFile } from '../base/model-choice/model-choice.js';
import { PictureError } from '../base/messages.js';
import type { Activity } from '../base/Progress.js';
import { duration } from '../base/durations.js';
import type { EnlargeFile } from '../batch/batch.js';
import { encodeResult, formats } from '../saving/save-picture.js';
import { baselineNetwork } from './comparing/baseline.js';
import type { Likeness } from './comparing/measures.js';
import { measure } from './comparing/measuring.js';
import { decodePicture, samplePicture, type Picture } from '../pictures/picture.js';
import { enlarge, type Enlarged, type Work } from './making/enlarge.js';
import { Pyramid, type Size } from '../stage/pyramid.js';
import { factorOf, type TargetChoice } from './making/target-size.js';
import { UpscalerPool } from './making/upscaler-pool.js';
import { Latest } from '../base/latest.js';
import { baseline, fileType, model, quality, targetChoice } from './preferences.js';
import { fileName } from './results/file-name.js';

/** What a result is compared with. */
export interface Other {
  shown: Pyramid;
  label: string;
  /** How large it is, where that is not as large as the result. */
  ownSize?: Size;
  likeness?: Likeness;
}

/** Results of more pixels are compared with what the browser shows of the picture, which takes no memory. */
const mostCompared = 64e6;

/** The picture, what becomes of it, and the work that it takes. */
export class Workbench {
  readonly picture = signal<Picture | undefined>(undefined);
  /** What the picture itself is shown by. */
  readonly before = signal<Pyramid | undefined>(undefined);
  readonly enlarged = signal<Enlarged | undefined>(undefined);
  /** What fills with tiles, and then is the result. */
  readonly shown = signal<Pyramid | undefined>(undefined);
  readonly other = signal<Other | undefined>(undefined);
  readonly activity = signal<Activity | undefined>(undefined);
  readonly status = signal('Starting …');
  readonly errors = signal<readonly unknown[]>([]);
  /** Several pictures, to be enlarged one after the other. */
  readonly several = signal<readonly File[] | undefined>(undefined);
  /** With what to compare: a network or a picture of the user's. */
  readonly baselineModel = signal<File | undefined>(undefined);
  readonly reference = signal<File | undefined>(undefined);

  /** Whether the result is too large to be compared with a plain enlargement of the package's. */
  readonly isPlainlyShown = computed(() => {
    const result = this.enlarged.value?.result;
    return baseline.value === 'plain' && result !== undefined && isLarge(result);
  });

  readonly #pool = new UpscalerPool();
  readonly #latest = new Latest();
  /** Whether another result is on its way, at whose end it is compared. */
  #isRemaking = false;

  /** Takes files: a model, a picture, or several pictures. */
  take(files: readonly File[]): void {
    const chosen = files.find(isModelFile);
    const [file] = files;
    if (chosen) model.take(chosen);
    else if (files.length > 1) this.#takeSeveral(files);
    else if (file) void this.#open(() => decodePicture(file, file.name));
    else this.errors.value = [new PictureError('There is no picture in it.')];
  }

  takeSample(): void {
    void this.#open(samplePicture);
  }

  /** Enlarges the picture anew, as it is to be by now. */
  again(): void {
    if (!this.picture.peek() || this.several.peek() || !model.network()) return;
    void this.#remake((signal) => this.#enlarge(signal));
  }

  /** Compares the result with what it is to be compared with by now. */
  compareAgain(): void {
    if (!this.enlarged.peek() || this.#isRemaking) return;
    void this.#attempt((signal) => this.#compare(signal));
  }

  cancel(): void {
    this.#latest.cancel();
    this.#isRemaking = false;
    batch(() => {
      this.activity.value = undefined;
      this.status.value = 'Cancelled.';
    });
  }

  /** Enlarges one picture of several, and makes the file that is to be saved. */
  readonly enlargeFile: EnlargeFile = async (file, { signal, onProgress }) => {
    const picture = await decodePicture(file, file.name);
    try {
      const report = ({ part }: Activity) => part !== undefined && onProgress(part);
      const enlarged = await this.#make(picture, { signal, report });
      const { result } = enlarged;
      const type = result.canvas ? fileType.peek() : 'image/png';
      const blob = await encodeResult(result, { type, quality: quality.peek() / 100 }, file);
      closeEnlarged(enlarged);
      return { name: `${fileName(picture, result)}.${formats[type].ending}`, blob };
    } finally {
      picture.bitmap.close();
    }
  };

  /** Back from several pictures to one. */
  closeSeveral(): void {
    this.several.value = undefined;
    if (!this.enlarged.peek()) this.again();
  }

  #takeSeveral(files: readonly File[]): void {
    this.#latest.cancel();
    this.#isRemaking = false;
    batch(() => {
      this.errors.value = [];
      this.activity.value = undefined;
      this.several.value = files;
    });
  }

  #open(decode: () => Promise<Picture>): Promise<void> {
    return this.#remake(async (signal) => {
      this.activity.value = { label: 'Opening the picture' };
      const picture = await decode();
      if (signal.aborted) picture.bitmap.close();
      signal.throwIfAborted();
      const before = await Pyramid.of(picture.bitmap, picture, picture.colorSpace);
      this.#clearResult();
      batch(() => {
        this.before.value?.close();
        this.picture.value?.bitmap.close();
        this.picture.value = picture;
        this.before.value = before;
      });
      await this.#enlarge(signal);
    });
  }

  async #enlarge(signal: AbortSignal): Promise<void> {
    const picture = this.picture.peek()!;
    this.#clearResult();
    const work = this.#work(signal, (shown) => (this.shown.value = shown));
    const enlarged = await this.#make(picture, work);
    const { width, height } = enlarged.result;
    batch(() => {
      this.enlarged.value = enlarged;
      this.status.value =
        `${picture.width} × ${picture.height} became ${width} × ${height} pixels ` +
        `in ${duration(enlarged.times.enlarging)}.`;
    });
    this.#isRemaking = false;
    await this.#compare(signal);
  }

  /** Makes a picture as large as it is to be, by the network that is chosen. */
  #make(picture: Picture, work: Work): Promise<Enlarged> {
    const target = targetChoice.peek();
    const network = model.network(factorOf(picture, target));
    if (!network) throw new PictureError('Choose a model first: a file, or its address.');
    return enlarge({ picture, network, target }, this.#pool, work);
  }

  async #compare(signal: AbortSignal): Promise<void> {
    const picture = this.picture.peek()!;
    const { result, part, target: made } = this.enlarged.peek()!;
    this.#setOther(undefined);
    const kind = baseline.peek();
    if (kind === 'reference') return this.#compareWithReference(signal);
    const isPlain = kind === 'plain';
    if (isPlain && isLarge(result)) return;
    const network = baselineNetwork(kind, this.baselineModel.peek(), result.width / part.width);
    if (!network) return;
    const isCut = made.enlargement === 'pixels' && made.fit === 'cover';
    const fit = isCut ? 'cover' : 'fill';
    const target: TargetChoice = { enlargement: 'pixels', ...sizeOf(result), fit };
    const resampler = isPlain ? 'bicubic' : undefined;
    const { report } = this.#work(signal);
    const { shown } = await enlarge({ picture, network, target, resampler }, this.#pool, {
      signal,
      report: (activity) => report({ ...activity, label: `For comparison: ${network.title}` }),
    });
    this.#setOther({ shown, label: isPlain ? 'Plain' : network.title });
  }

  async #compareWithReference(signal: AbortSignal): Promise<void> {
    const file = this.reference.peek();
    const { result } = this.enlarged.peek()!;
    if (!file) return;
    this.activity.value = { label: 'Comparing with your picture' };
    const { bitmap, width, height, colorSpace } = await decodePicture(file, file.name);
    const shown = await Pyramid.of(bitmap, result, colorSpace);
    const isAsLarge = width === result.width && height === result.height;
    if (!isAsLarge || !result.canvas) {
      return this.#setOther({ shown, label: 'Yours', ownSize: { width, height } });
    }
    const canvas = Object.assign(document.createElement('canvas'), sizeOf(result));
    const space = result.colorSpace;
    const context = canvas.getContext('2d', { colorSpace: space, willReadFrequently: true });
    context!.drawImage(bitmap, 0, 0);
    const likeness = await measure(result.canvas, canvas, signal);
    this.#setOther({ shown, label: 'Yours', likeness });
  }

  #setOther(other: Other | undefined): void {
    this.other.peek()?.shown.close();
    this.other.value = other;
  }

  #clearResult(): void {
    const [enlarged, shown] = [this.enlarged.peek(), this.shown.peek()];
    batch(() => {
      this.#setOther(undefined);
      this.enlarged.value = undefined;
      this.shown.value = undefined;
    });
    shown?.close();
    if (enlarged) closeEnlarged(enlarged);
  }

  #work(signal: AbortSignal, onShown?: Work['onShown']): Work {
    const report = (activity: Activity) => {
      if (!signal.aborted) this.activity.value = activity;
    };
    return { signal, report, ...(onShown ? { onShown } : {}) };
  }

  #remake(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#isRemaking = true;
    return this.#attempt(task);
  }

  /** Does one piece of work instead of the one before, and tells how it ended. */
  #attempt(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    return this.#latest.run(async (signal) => {
      batch(() => {
        this.errors.value = [];
        this.several.value = undefined;
      });
      try {
        await task(signal);
      } catch (error) {
        if (!signal.aborted) this.#fail(error);
        // What is half made is nothing.
        if (!this.enlarged.peek()) this.#clearResult();
      }
      if (signal.aborted) return;
      this.#isRemaking = false;
      this.activity.value = undefined;
    });
  }

  #fail(error: unknown): void {
    this.errors.value = [error];
    this.status.value = 'That did not work.';
  }
}

function isLarge({ width, height }: Size): boolean {
  return width * height > mostCompared;
}

function sizeOf({ width, height }: Size): Size {
  return { width, height };
}

function closeEnlarged({ result, shown }: Enlarged): void {
  shown.close();
  // Some browsers keep a canvas' memory until it is collected.
  if (result.canvas) Object.assign(result.canvas, { width: 0, height: 0 });
}
