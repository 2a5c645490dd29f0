import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fileOutput } from '../base/formats.js';
import { LastingUpscaler } from '../base/lasting-upscaler.js';
import { networkSource } from '../base/networks.js';
import { loadSharp } from '../base/sharp.js';
import { createApp } from './app.js';
import { examine } from './examination.js';
import { Metrics } from './metrics.js';
import { limitsOf, type ServiceLimits, type ServiceOptions } from './options.js';
import { busy, Problem } from './problem.js';
import { Queue } from './queue.js';
import { wishOf } from './request.js';

/** Enlarges the pictures that it is sent. */
export class Service {
  readonly #limits: ServiceLimits;
  readonly #upscaler: LastingUpscaler;
  readonly #queue: Queue;
  readonly #metrics: Metrics;
  #isClosing = false;

  private constructor(limits: ServiceLimits, upscaler: LastingUpscaler) {
    this.#limits = limits;
    this.#upscaler = upscaler;
    this.#queue = new Queue(limits.maxQueue);
    this.#metrics = new Metrics(() => this.#queue.length);
  }

  /** Loads the network. Throws FoveaError. */
  static async open(options: ServiceOptions): Promise<{ service: Service; app: FastifyInstance }> {
    const limits = limitsOf(options);
    await loadSharp();
    const { model = 'x2', threads, onError = console.error } = options;
    const upscaler = await LastingUpscaler.create(networkSource(model), { numThreads: threads });
    const service = new Service(limits, upscaler);
    return { service, app: await service.#app(onError) };
  }

  /** From now on nothing is begun; gives the network back once the last picture is done. */
  async close(app: FastifyInstance): Promise<void> {
    this.#isClosing = true;
    await app.close();
    await this.#upscaler.release();
  }

  #app(onError: (error: unknown) => void): Promise<FastifyInstance> {
    return createApp({
      limits: this.#limits,
      metrics: this.#metrics,
      onError,
      isClosing: () => this.#isClosing,
      isReady: () => !this.#isClosing && !this.#queue.isFull,
      admit: () => {
        if (this.#isClosing) throw busy('Closing', 'the service ends');
        return this.#queue.take();
      },
      upscale: (request, reply) => this.#answer(request, reply),
    });
  }

  async #answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const wish = wishOf(request.query as Record<string, string | string[]>);
    const file = await fileOf(request);
    const scale = await this.#upscaler.scale();
    const { pixels, resultPixels, format } = await examine(file, wish, scale, this.#limits);
    const output = fileOutput(format, wish.quality);
    const blob = await this.#inTime(reply, (signal) =>
      this.#upscaler.upscale(file, { ...wish.size, output, signal }),
    );
    this.#metrics.enlarged(pixels, resultPixels);
    return reply.type(blob.type).send(Buffer.from(await blob.arrayBuffer()));
  }

  /** Gives work up when its time is over, and when nobody waits for it any more. */
  async #inTime<T>(reply: FastifyReply, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { maxMilliseconds } = this.#limits;
    const slow = busy('TooSlow', `the picture was not done within ${maxMilliseconds} ms`);
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(slow), maxMilliseconds);
    const leave = () => controller.abort(new Problem(400, 'ClientLeft', 'the client has left'));
    reply.raw.once('close', leave);
    try {
      return await work(controller.signal);
    } catch (error) {
      throw controller.signal.aborted ? controller.signal.reason : error;
    } finally {
      clearTimeout(timer);
      reply.raw.off('close', leave);
    }
  }
}

/** The picture's file, however it was sent. Its name plays no part. */
async function fileOf(request: FastifyRequest): Promise<Uint8Array> {
  if (!request.isMultipart()) return whole(request.body as Uint8Array | undefined);
  let file: Uint8Array | undefined;
  // To the form's end: a second file is an error.
  for await (const part of request.files()) file = await part.toBuffer();
  return whole(file);
}

function whole(file: Uint8Array | undefined): Uint8Array {
  if (file && file.length > 0) return file;
  const ways = 'as the body, of type image/*, or as the file of a form';
  throw new Problem(400, 'NoPicture', `the request has no picture: send it ${ways}`);
}
