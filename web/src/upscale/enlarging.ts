// One picture from its source to what the caller asks for.

import { checkOptions } from '../base/check-options.js';
import { FoveaError, messageOf } from '../base/errors.js';
import type { PictureSource } from '../pictures/sources.js';
import { imageDataComponent, partImageData, type PixelData } from '../pictures/image-data.js';
import type { Enlarger } from './enlarger.js';
import { Enlargement, type OpenEnlarger, type OpenNetworks } from './enlargement.js';
import {
  tilesOptionKinds,
  upscaleOptionKinds,
  type TilesOptions,
  type UpscaleOptions,
} from './options.js';
import { sinkOf } from './outputs.js';
import type { Part } from './stage.js';

/** A part of a result. */
export interface ResultTile {
  /** Where it lies in the result. */
  readonly x: number;
  readonly y: number;
  /** An ImageData where the platform has that class, which the type does not say: the same without it in Node. */
  readonly pixels: PixelData;
  /** How many came before, and how many there are if no more have to be made for lack of memory. */
  readonly index: number;
  readonly total: number;
  /** The size of the whole result. */
  readonly width: number;
  readonly height: number;
}

/** Enlarges a picture in its turn. */
export async function upscaled(
  enlargers: readonly Enlarger[],
  source: PictureSource,
  options: UpscaleOptions,
): Promise<unknown> {
  checkOptions(options, 'upscale()', upscaleOptionKinds);
  const { output = 'imageData', onTile, priority, signal } = options;
  const { engine } = enlargers[0]!.model;
  return withSessions(enlargers, options, (networks) =>
    engine.inTurn(
      signal,
      async () => {
        const enlargement = await Enlargement.open(networks, source, options);
        const sink = await closing(enlargement, () => sinkOf(output, enlargement.info));
        try {
          let index = 0;
          for await (const part of enlargement.parts()) {
            const { x, y, data, width, height } = part;
            if (onTile) tellTile(onTile, await resultTile(enlargement, part, index++));
            await sink.put(x, y, { data, width, height });
          }
          return await sink.finish();
        } catch (error) {
          sink.abort();
          throw error;
        }
      },
      priority,
    ),
  );
}

/**
 * Enlarges a picture part by part. What the caller does between two parts may be another picture's
 * turn, so each part takes its own.
 */
export async function* tilesOf(
  enlargers: readonly Enlarger[],
  source: PictureSource,
  options: TilesOptions,
): AsyncGenerator<ResultTile> {
  checkOptions(options, 'tiles()', tilesOptionKinds);
  const { signal } = options;
  const { engine } = enlargers[0]!.model;
  const leave = new Leaving();
  // Sessions are held until the loop ends, however it does.
  const holding = withSessions(enlargers, options, (networks) => leave.hold(networks));
  holding.catch(() => {});
  try {
    const networks = await Promise.race([leave.networks, holding as Promise<never>]);
    const enlargement = await engine.inTurn(signal, () =>
      Enlargement.open(networks, source, options),
    );
    const parts = enlargement.parts();
    try {
      for (let index = 0; ; ++index) {
        const next: IteratorResult<Part, void> = await engine.inTurn(signal, () => parts.next());
        if (next.done) return;
        yield await resultTile(enlargement, next.value, index);
      }
    } finally {
      await parts.return(undefined);
      await enlargement.close();
    }
  } finally {
    leave.end();
    await holding;
  }
}

async function resultTile(
  { info, count }: Enlargement,
  part: Part,
  index: number,
): Promise<ResultTile> {
  const { width, height, colorSpace, component } = info;
  const pixels = await partImageData(part, colorSpace, imageDataComponent(component));
  return { x: part.x, y: part.y, pixels, index, total: count, width, height };
}

/** Throws FoveaError InvalidInput when the callback throws. */
function tellTile(onTile: (tile: ResultTile) => void, tile: ResultTile): void {
  try {
    onTile(tile);
  } catch (cause) {
    throw new FoveaError('InvalidInput', `onTile threw: ${messageOf(cause)}`, {}, { cause });
  }
}

/** Opens what several models' sessions are needed for, as one operation of each. */
function withSessions<T>(
  enlargers: readonly Enlarger[],
  { regions }: TilesOptions,
  work: (networks: OpenNetworks) => Promise<T>,
): Promise<T> {
  const open = <R>(enlarger: Enlarger, use: (opened: OpenEnlarger) => Promise<R>) =>
    enlarger.model.operation((session) => use({ enlarger, session }));
  const openFrom = (index: number, chain: OpenEnlarger[]): Promise<T> => {
    const next = enlargers[index];
    if (next) return open(next, (opened) => openFrom(index + 1, [...chain, opened]));
    if (!regions) return work({ chain });
    return open(regions.upscaler.enlarger, (ofRegions) => work({ chain, ofRegions }));
  };
  return openFrom(0, []);
}

/** Holds what was opened until it is told to end. */
class Leaving {
  readonly networks: Promise<OpenNetworks>;
  #opened!: (networks: OpenNetworks) => void;
  #ended!: () => void;
  readonly #end = new Promise<void>((resolve) => (this.#ended = resolve));

  constructor() {
    this.networks = new Promise((resolve) => (this.#opened = resolve));
  }

  hold(networks: OpenNetworks): Promise<void> {
    this.#opened(networks);
    return this.#end;
  }

  end(): void {
    this.#ended();
  }
}

async function closing<T>(enlargement: Enlargement, make: () => T): Promise<T> {
  try {
    return make();
  } catch (error) {
    await enlargement.close();
    throw error;
  }
}
