import { Upscaler } from 'fovea';
import type { Network } from '../base/model-choice/networks.js';

/** A frame and what was made of it. Both are overwritten by the next one. */
export interface EnlargedFrame {
  before: OffscreenCanvas;
  after: OffscreenCanvas;
  /** How long it took. */
  milliseconds: number;
}

export interface FrameSettings {
  network: Network;
  /** How many pixels wide frames are made before the network gets them, at most. */
  width: number;
  /** How many times the network enlarges them, one after the other. */
  passes: number;
}

/** Enlarges frames of a video, with the network that was used last. */
export class FrameEnlarger {
  readonly #before = new OffscreenCanvas(1, 1);
  readonly #after = new OffscreenCanvas(1, 1);
  #key = '';
  #loading: Promise<Upscaler> | undefined;

  /** @throws FoveaError */
  async enlarge(
    video: HTMLVideoElement,
    { network, width, passes }: FrameSettings,
  ): Promise<EnlargedFrame> {
    const upscaler = await this.#load(network);
    const start = performance.now();
    this.#copy(video, width);
    const several = Upscaler.pipeline(Array.from({ length: passes }, () => upscaler));
    await several.upscale(this.#before, { output: this.#after });
    const milliseconds = performance.now() - start;
    return { before: this.#before, after: this.#after, milliseconds };
  }

  /** Gives the network back. */
  async release(): Promise<void> {
    const loading = this.#loading;
    this.#loading = undefined;
    this.#key = '';
    await loading?.then((upscaler) => upscaler.release()).catch(() => {});
  }

  #load(network: Network): Promise<Upscaler> {
    if (this.#loading && network.key === this.#key) return this.#loading;
    const released = this.release();
    this.#key = network.key;
    this.#loading = released.then(() => Upscaler.create(network.source));
    return this.#loading;
  }

  #copy(video: HTMLVideoElement, most: number): void {
    const { videoWidth, videoHeight } = video;
    const width = Math.min(most, videoWidth);
    const height = Math.max(1, Math.round((videoHeight * width) / videoWidth));
    const canvas = this.#before;
    if (canvas.width !== width || canvas.height !== height)
      Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true })!;
    context.imageSmoothingQuality = 'high';
    context.drawImage(video, 0, 0, width, height);
  }
}
