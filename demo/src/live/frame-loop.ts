import { signal, type ReadonlySignal } from '@preact/signals';
import { RateMeter, type Rate } from './rate-meter.js';

/** How often the rate is told, in milliseconds. */
const interval = 500;

/** Calls for every frame of a video that there is time for; those that come meanwhile are left out. */
export class FrameLoop {
  readonly #video: HTMLVideoElement;
  readonly #process: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  readonly #meter = new RateMeter();
  readonly #rate = signal<Rate | undefined>(undefined);
  #callback: number | undefined;
  #isBusy = false;
  /** Whether there is another frame to be shown, or one to be shown otherwise; it may be the last for long. */
  #isStale = false;
  #told = 0;

  /**
   * @param process shows the frame that the video has now
   * @param onError told of what it throws; the loop has ended then
   */
  constructor(
    video: HTMLVideoElement,
    process: () => Promise<void>,
    onError: (error: unknown) => void,
  ) {
    this.#video = video;
    this.#process = process;
    this.#onError = onError;
    // Frames that are sought, or come after a pause, are no measure.
    for (const type of ['seeking', 'play', 'pause']) {
      video.addEventListener(type, () => this.#forgetRate());
    }
  }

  get rate(): ReadonlySignal<Rate | undefined> {
    return this.#rate;
  }

  start(): void {
    this.stop();
    this.#await();
  }

  stop(): void {
    if (this.#callback !== undefined) this.#video.cancelVideoFrameCallback(this.#callback);
    this.#callback = undefined;
    this.#forgetRate();
  }

  /** Shows the present frame, also of a video that is paused, as soon as there is time. */
  again(): void {
    if (this.#callback === undefined) return;
    if (this.#isBusy) this.#isStale = true;
    else void this.#show();
  }

  #await(): void {
    this.#callback = this.#video.requestVideoFrameCallback((time, { presentedFrames }) => {
      this.#await();
      this.#meter.offer(time, presentedFrames);
      this.again();
      this.#tell(time);
    });
  }

  async #show(): Promise<void> {
    this.#isBusy = true;
    this.#isStale = false;
    try {
      await this.#process();
      this.#meter.show(performance.now());
    } catch (error) {
      this.stop();
      this.#onError(error);
    } finally {
      this.#isBusy = false;
    }
    if (this.#isStale) this.again();
  }

  #tell(time: number): void {
    if (time - this.#told < interval) return;
    this.#told = time;
    this.#rate.value = this.#meter.read();
  }

  #forgetRate(): void {
    this.#meter.reset();
    this.#rate.value = undefined;
  }
}
