// One picture after the other, from file to file.

import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import type { SizeOptions } from 'fovea';
import { errorText, type ErrorText } from '../base/errors.js';
import { fileOutput } from '../base/formats.js';
import { LastingUpscaler } from '../base/lasting-upscaler.js';
import { networkSource } from '../base/networks.js';
import { loadSharp } from '../base/sharp.js';
import { standard } from './inputs.js';
import { temporaryName, type Task } from './outputs.js';

/** What is the same for all pictures; plain data, which threads can send each other. */
export interface Settings {
  /** A name of the package's, a path or a URL. */
  model: string;
  /** Threads of the engine; all processors unless given. */
  threads: number | undefined;
  /** Whether the engine computes in a thread of its own, not in that which asks for it. */
  worker: boolean;
  size: SizeOptions;
  /** 1 to 100. */
  quality: number | undefined;
}

/** What became of a picture. */
export type Outcome = Enlarged | { error: ErrorText };

export interface Enlarged {
  /** Of the result, in pixels. */
  width: number;
  height: number;
  milliseconds: number;
}

/** Called with 0 to 1. */
export type OnFraction = (fraction: number) => unknown;

/** Enlarges files by a network. Its methods reject for nothing that is a picture's fault. */
export class FileEnlarger {
  readonly #upscaler: LastingUpscaler;
  readonly #settings: Settings;

  private constructor(upscaler: LastingUpscaler, settings: Settings) {
    this.#upscaler = upscaler;
    this.#settings = settings;
  }

  /** Loads the network. Throws FoveaError, also where there is no sharp. */
  static async open(settings: Settings): Promise<FileEnlarger> {
    await loadSharp();
    const { model, threads, worker } = settings;
    const options = { numThreads: threads, worker };
    const upscaler = await LastingUpscaler.create(networkSource(model), options);
    return new FileEnlarger(upscaler, settings);
  }

  async enlarge(task: Task, onFraction: OnFraction): Promise<Outcome> {
    try {
      return await this.#enlarge(task, onFraction);
    } catch (error) {
      return { error: errorText(error) };
    }
  }

  async release(): Promise<void> {
    await this.#upscaler.release();
  }

  async #enlarge({ input, output, format }: Task, onFraction: OnFraction): Promise<Enlarged> {
    const begin = performance.now();
    const { size, quality } = this.#settings;
    const picture = input === standard ? await buffer(process.stdin) : await readFile(input);
    const blob = await this.#upscaler.upscale(picture, {
      ...size,
      output: fileOutput(format, quality),
      onProgress: ({ stage, done, total }) => {
        if (stage === 'tiles' && total) onFraction(done / total);
      },
    });
    const { width, height } = await this.#write(blob, output);
    return { width, height, milliseconds: Math.round(performance.now() - begin) };
  }

  /** Writes a file under another name first: under its own there is never half a picture. */
  async #write(blob: Blob, output: string): Promise<{ width: number; height: number }> {
    const sharp = await loadSharp();
    if (output === standard) {
      const bytes = Buffer.from(await blob.arrayBuffer());
      await new Promise<void>((resolve, reject) =>
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve())),
      );
      return sharp(bytes, { limitInputPixels: false }).metadata();
    }
    await mkdir(dirname(output), { recursive: true });
    const temporary = temporaryName(output);
    try {
      await pipeline(Readable.from(blob.stream()), createWriteStream(temporary));
      const metadata = await sharp(temporary, { limitInputPixels: false }).metadata();
      await rename(temporary, output);
      return metadata;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}
