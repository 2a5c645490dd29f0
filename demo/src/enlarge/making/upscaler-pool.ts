import { FoveaError, Upscaler, type OnProgress } from 'fovea';
import type { Network } from '../../base/model-choice/networks.js';

/** Networks that stay loaded: the one that enlarges, and the one that is compared with. */
const most = 2;

/** Keeps the networks that were used last. */
export class UpscalerPool {
  /** By key, the one used last at the end. */
  readonly #loaded = new Map<string, Upscaler>();

  /**
   * The upscaler of a network, loaded unless it is.
   *
   * @throws FoveaError as Upscaler.create
   */
  async get(
    network: Network,
    options: { signal: AbortSignal; onProgress: OnProgress },
  ): Promise<Upscaler> {
    const { key, source } = network;
    const upscaler = this.#loaded.get(key) ?? (await Upscaler.create(source, options));
    this.#loaded.delete(key);
    this.#loaded.set(key, upscaler);
    const [oldest] = this.#loaded.keys();
    if (this.#loaded.size > most) await this.#release(oldest!);
    return upscaler;
  }

  /** Lets go of a network that failed, and of all if their engine did: the next try starts afresh. */
  async drop({ key }: Network, error: unknown): Promise<void> {
    const isEngine = error instanceof FoveaError && error.code === 'EngineCrashed';
    const keys = isEngine ? [...this.#loaded.keys()] : [key];
    await Promise.all(keys.map((each) => this.#release(each)));
  }

  async #release(key: string): Promise<void> {
    const upscaler = this.#loaded.get(key);
    this.#loaded.delete(key);
    // One whose engine crashed has nothing left to release.
    await upscaler?.release().catch(() => {});
  }
}
