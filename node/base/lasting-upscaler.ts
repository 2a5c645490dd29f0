import {
  FoveaError,
  Upscaler,
  type FileOutput,
  type ModelSource,
  type OnProgress,
  type SizeOptions,
  type UpscalerOptions,
} from 'fovea';

/** What a file is to be, and how it is told of. */
export interface FileOptions extends SizeOptions {
  output: FileOutput;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

/** An upscaler that outlives its engine: after a crash, the next picture gets another one. */
export class LastingUpscaler {
  readonly #open: () => Promise<Upscaler>;
  #opened: Promise<Upscaler> | undefined;

  private constructor(open: () => Promise<Upscaler>) {
    this.#open = open;
  }

  /** Throws FoveaError as Upscaler.create(). */
  static async create(source: ModelSource, options: UpscalerOptions): Promise<LastingUpscaler> {
    const upscaler = new LastingUpscaler(() => Upscaler.create(source, options));
    await upscaler.#current();
    return upscaler;
  }

  /** How many times larger the network makes pictures, along each axis. */
  async scale(): Promise<Upscaler['scale']> {
    return (await this.#current()).scale;
  }

  /** Makes a file. Throws FoveaError as Upscaler.create() and Upscaler.upscale(). */
  async upscale(picture: Uint8Array, options: FileOptions): Promise<Blob> {
    const opened = this.#current();
    const upscaler = await opened;
    try {
      return await upscaler.upscale(picture, options);
    } catch (error) {
      if (error instanceof FoveaError && error.code === 'EngineCrashed') this.#forget(opened);
      throw error;
    }
  }

  /** Gives its memory back once the pictures under way are done. */
  async release(): Promise<void> {
    await (await this.#opened)?.release();
  }

  #current(): Promise<Upscaler> {
    if (this.#opened) return this.#opened;
    const opening = this.#open();
    opening.catch(() => this.#forget(opening));
    return (this.#opened = opening);
  }

  /** Pictures that crash together have one successor. */
  #forget(opened: Promise<Upscaler>): void {
    if (this.#opened === opened) this.#opened = undefined;
  }
}
