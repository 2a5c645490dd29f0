import { InferenceSession, Tensor } from 'onnxruntime-node';
import { inputFor, makeNetwork } from './networks/index.js';

/** A method of NativeRunner by its name, as a page calls it. */
export type NativeMethods = <M extends keyof NativeRunner>(
  method: M,
  ...args: Parameters<NativeRunner[M]>
) => Promise<Awaited<ReturnType<NativeRunner[M]>>>;

const oneThread: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
};

/** onnxruntime-node with one thread, on one network of the benchmark after the other. */
export class NativeRunner {
  #session: InferenceSession | undefined;
  #feeds: Record<string, Tensor> = {};
  #output = new Float32Array();

  async load(name: string): Promise<void> {
    const network = makeNetwork(name);
    this.#feeds = { input: new Tensor('float32', inputFor(network), network.dims) };
    this.#session = await InferenceSession.create(network.model, oneThread);
  }

  /** Milliseconds of a run. */
  async run(): Promise<number> {
    const start = performance.now();
    const { output } = await this.#session!.run(this.#feeds);
    const end = performance.now();
    this.#output = output!.data as Float32Array<ArrayBuffer>;
    return end - start;
  }

  /** The last run's output: float32 in base64. */
  output(): string {
    const { buffer, byteOffset, byteLength } = this.#output;
    return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  }

  async release(): Promise<void> {
    await this.#session!.release();
    this.#session = undefined;
  }
}
