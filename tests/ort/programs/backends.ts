import type { Backend, InferenceSessionHandler } from 'onnxruntime-common';
import { everywhere, outcome, plain, rejection, type Ort, type Program } from '../program.js';

/** A backend whose sessions give their input doubled, and what was asked of it. */
function doubling({ Tensor }: Ort): { backend: Backend; asked: unknown[] } {
  const asked: unknown[] = [];
  const handler: InferenceSessionHandler = {
    inputNames: ['x'],
    outputNames: ['y'],
    inputMetadata: [{ name: 'x', isTensor: false }],
    outputMetadata: [{ name: 'y', isTensor: false }],
    dispose: async () => void asked.push('dispose'),
    startProfiling: () => void asked.push('startProfiling'),
    endProfiling: () => void asked.push('endProfiling'),
    run: async ({ x }, fetches, options) => {
      asked.push(['run', Object.keys(fetches), options.tag]);
      const doubled = Array.from(x!.data as Float32Array, (value) => 2 * value);
      return { y: new Tensor('float32', doubled, x!.dims) };
    },
  };
  const backend: Backend = {
    init: async (backendName) => void asked.push(['init', backendName]),
    createInferenceSessionHandler: async (uriOrBuffer, options) => {
      asked.push(['create', uriOrBuffer, options?.executionProviders, options?.logId]);
      return handler;
    },
  };
  return { backend, asked };
}

export const backends: Program[] = [
  everywhere('a backend of their own', async (ort) => {
    const { backend, asked } = doubling(ort);
    const name = 'doubling';
    ort.registerBackend(name, backend, -1);
    const providers = ['missing', name, 'cpu'];
    const create = () =>
      ort.InferenceSession.create('/a/model', { executionProviders: providers, logId: 'a' });
    const { warn } = console;
    console.warn = (message: string) => void asked.push(message);
    const session = await create();
    await create().finally(() => (console.warn = warn));
    session.startProfiling();
    const { y } = await session.run({ x: new ort.Tensor('float32', [1, 2]) }, { tag: 'b' });
    session.endProfiling();
    await session.release();
    const { inputNames, outputNames, inputMetadata, outputMetadata } = session;
    return [asked, plain(y!), inputNames, outputNames, inputMetadata, outputMetadata];
  }),
  everywhere('backends that are none, or are there already', async (ort) => {
    const [{ backend }, { backend: other }] = [doubling(ort), doubling(ort)];
    ort.registerBackend('twice', backend, -2);
    return [
      await outcome(() => ort.registerBackend('none', {} as never, 1)),
      await outcome(() => ort.registerBackend('twice', backend, -2)),
      await outcome(() => ort.registerBackend('twice', other, -2)),
      await outcome(() => ort.registerBackend('twice', other, -3)),
    ];
  }),
  everywhere('a backend that does not start', async (ort) => {
    const { backend } = doubling(ort);
    const init = () => Promise.reject(new Error('no such device'));
    ort.registerBackend('failing', { ...backend, init }, -1);
    const create = () =>
      ort.InferenceSession.create('/a/model', { executionProviders: ['failing'] });
    const messages = await Promise.all([rejection(create()), rejection(create())]);
    return messages.map((message) => /\[failing\] (Error: no such device)/.exec(message)?.[1]);
  }),
];
