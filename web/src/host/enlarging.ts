import { Opened, type EngineContext } from './context.js';
import type { Checkpoint } from './jobs.js';
import type { PictureSettings } from './module.js';
import { type NetworkOptions } from './forms.js';
import { examineNetwork, type Network } from './network.js';
import { HostPicture, type EnlargedPicture, type TileRequest } from './pictures.js';
import { closeSession, loadSession, type HostLoadOptions } from './sessions.js';
import { trialsOf } from './trials.js';

/** Networks that enlarge pictures, and the pictures they are at. */
export class EnlargingHost {
  readonly #context: EngineContext;
  readonly #pictures = new Opened<HostPicture>('picture');

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** As load(), of a network that enlarges pictures: finds out what it takes and gives. */
  loadNetwork(
    id: number,
    model: number,
    options: HostLoadOptions,
    job: number,
    said: NetworkOptions,
  ): Promise<Network> {
    const { module, queue, sessions } = this.#context;
    return queue.add(job, async (checkpoint) => {
      const info = loadSession(this.#context, id, model, options);
      try {
        return await examineNetwork(info, said, trialsOf(module, sessions.get(id), checkpoint));
      } catch (error) {
        closeSession(this.#context, id);
        throw error;
      }
    });
  }

  /** A picture of RGBA pixels, to be enlarged tile by tile. */
  openPicture(id: number, pixels: Uint8Array, settings: PictureSettings): void {
    const { module, threads } = this.#context;
    this.#pictures.add(id, new HostPicture(module, threads, pixels, settings));
  }

  /** Enlarges a tile of a picture; with the last, gives the whole and closes the picture. */
  enlargeTile(tile: TileRequest): Promise<EnlargedPicture | undefined> {
    const { queue, results, sessions } = this.#context;
    const work = async (checkpoint: Checkpoint) => {
      const picture = this.#pictures.get(tile.picture);
      await picture.enlarge(sessions.get(tile.session), tile, checkpoint);
      if (!tile.isLast) return undefined;
      const whole = picture.finish(results);
      this.closePicture(tile.picture);
      return whole;
    };
    return queue.add(tile.job, work, tile.session);
  }

  closePicture(id: number): void {
    this.#pictures.take(id)?.delete();
  }
}
