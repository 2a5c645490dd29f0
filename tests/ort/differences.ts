// All that is known to differ between onnxruntime's packages and fovea/ort. docs/onnxruntime.md has the same
// list for readers.

import { addModel } from './models.js';
import { outcome, plain, rejection, type Ort } from './program.js';

export interface Difference {
  /** As in the table of docs/onnxruntime.md. */
  what: string;
  here: string;
  /** Declared members that no program has because of it. */
  members?: readonly string[];
  /** A program for Node that gives something else here. */
  shows?: (ort: Ort) => unknown;
}

type Create = Ort['InferenceSession']['create'];
type Options = NonNullable<Parameters<Create>[1]>;

const create = ({ InferenceSession }: Ort, options: Options = {}) =>
  InferenceSession.create(Uint8Array.from(addModel()), options);

const input = ({ Tensor }: Ort) => new Tensor('float32', [1, 2, 3], [1, 3]);

export const differences: Difference[] = [
  {
    what: 'errors',
    here: "all are `FoveaError`, with a `code` and `fields`; the texts are Fovea's",
    shows: ({ Tensor }) => {
      try {
        return new Tensor('float32', [1], [2]);
      } catch (error) {
        return (error as { code?: string }).code;
      }
    },
  },
  {
    what: '`executionProviders`',
    here: 'only `wasm` and `cpu` are there; others are left out with a warning, as by onnxruntime-web without them',
    shows: (ort) => outcome(() => create(ort, { executionProviders: ['wasm'] })),
  },
  {
    what: '`optimizedModelFilePath`',
    here: 'an error: optimised models are not written',
    members: ['InferenceSession.SessionOptions.optimizedModelFilePath'],
  },
  {
    what: '`preferredOutputLocation` other than `cpu`, `enableGraphCapture: true`, and options that there are not',
    here: 'a warning, and no effect',
  },
  {
    what: '`interOpNumThreads`, `executionMode`, `enableCpuMemArena`, `enableMemPattern`, `extra`, logs, `tag`',
    here: 'taken, without effect',
  },
  {
    what: '`intraOpNumThreads`',
    here: 'also in pages, where it comes before `env.wasm.numThreads`',
  },
  {
    what: '`freeDimensionOverrides`',
    here: 'also in Node; outputs have the sizes that their declarations name, not those that would follow from them',
    shows: async (ort) => {
      const session = await create(ort, { freeDimensionOverrides: { N: 2 } });
      return session.inputMetadata;
    },
  },
  {
    what: '`terminate`',
    here: 'also in Node: the run rejects with code `Aborted`',
    shows: async (ort) => {
      const session = await create(ort);
      return outcome(() => session.run({ x: input(ort) }, { terminate: true }));
    },
  },
  {
    what: 'feeds for inputs that there are not',
    here: 'also an error in Node',
    shows: async (ort) => {
      const session = await create(ort);
      return outcome(() => session.run({ x: input(ort), other: input(ort) }));
    },
  },
  {
    what: 'results in tensors of yours',
    here: "the tensor itself, filled; onnxruntime-node makes another, and onnxruntime-web's `wasm` leaves it as it was",
    shows: async (ort) => {
      const y = new ort.Tensor('float32', new Float32Array(3), [1, 3]);
      const results = await (await create(ort)).run({ x: input(ort) }, { y });
      return results.y === y;
    },
  },
  {
    what: 'sizes without a name, in metadata',
    here: "`''`, as by onnxruntime-node; onnxruntime-web says 4294967295",
  },
  {
    what: 'inputs and outputs that are no tensors',
    here: 'sequences are arrays of Tensors, maps are Maps, optionals may be null',
  },
  {
    what: '`release()` a second time',
    here: 'waits for the first, and is no error',
    shows: async (ort) => {
      const session = await create(ort);
      await session.release();
      return outcome(() => session.release());
    },
  },
  {
    what: '`enableProfiling`',
    here: 'events are the runs and their nodes, of the model as Fovea has optimised it; in pages they are printed',
  },
  {
    what: '`env.wasm`',
    here: "is read whenever a session is created, and stays as you set it; `wasmPaths` and `wasmBinary` are of Fovea's files",
  },
  {
    what: '`env.wasm.proxy`',
    here: 'unless you set it, a worker computes in pages; with `false`, one thread of the page does',
  },
  {
    what: '`env.wasm.simd`, `trace`, `debug`, `logLevel`, `webgl`, `webgpu`, `TRACE` and its kin',
    here: 'take what is set, without effect',
  },
  {
    what: '`env.versions`',
    here: 'the version of the API is 1.30.0; `fovea` is that of this package',
    shows: ({ env }) => env.versions,
  },
  {
    what: '`listSupportedBackends()`',
    here: 'lists `cpu` and `wasm`; is there in pages, too',
    shows: (ort) => (ort as Ort & typeof import('onnxruntime-node')).listSupportedBackends(),
  },
  {
    what: '`registerBackend()` with a higher priority',
    here: 'takes the place of the one before',
    shows: async (ort) => {
      const backend = (name: string) => ({
        init: () => Promise.reject(new Error(name)),
        createInferenceSessionHandler: () => Promise.reject(new Error(name)),
      });
      ort.registerBackend('replaced', backend('first'), -2);
      ort.registerBackend('replaced', backend('second'), -1);
      const creating = create(ort, { executionProviders: ['replaced'] });
      return (await rejection(creating)).includes('second');
    },
  },
  {
    what: '`new Tensor({ location, ... })`',
    here: 'an error: `Tensor.fromGpuBuffer()` and its kin make such',
    members: [
      'CommonConstructorParameters.type',
      'CpuPinnedConstructorParameters.location',
      'CpuPinnedConstructorParameters.data',
      'TextureConstructorParameters.location',
      'TextureConstructorParameters.texture',
      'GpuBufferConstructorParameters.location',
      'GpuBufferConstructorParameters.gpuBuffer',
      'MLTensorConstructorParameters.location',
      'MLTensorConstructorParameters.mlTensor',
    ],
    shows: ({ Tensor }) => {
      const parameters = { location: 'cpu-pinned', type: 'int8', data: Int8Array.of(1), dims: [1] };
      return outcome(() => plain(new Tensor(parameters as never)));
    },
  },
  {
    what: 'element types',
    here: 'all of ONNX: `bfloat16`, `float8e4m3fn` and its kin by their bits, those of 2, 4 and 6 bits packed in a `Uint8Array`',
    shows: ({ Tensor }) =>
      outcome(() => plain(new Tensor('bfloat16' as 'float16', Uint16Array.of(1)))),
  },
  {
    what: 'numbers in plain arrays',
    here: 'have to be of the type: 300 is no `uint8`, 1.5 no `int32`',
    shows: ({ Tensor }) => outcome(() => plain(new Tensor('uint8', [300]))),
  },
  {
    what: '`float16`',
    here: 'numbers are rounded to it also where there is no `Float16Array`; a `Uint16Array` stays one where there is',
    shows: ({ Tensor }) => outcome(() => plain(new Tensor('float16', [1]))),
  },
  {
    what: 'strings in plain arrays',
    here: 'are checked to be such',
    shows: ({ Tensor }) => outcome(() => plain(new Tensor('string', [1] as never))),
  },
  {
    what: 'a `Uint8ClampedArray`, and `dims`',
    here: "the tensor's bytes are those of the array, and its `dims` a copy; onnxruntime does both the other way around",
    shows: ({ Tensor }) => {
      const [bytes, dims] = [Uint8ClampedArray.of(1), [1]];
      const tensor = new Tensor(bytes, dims);
      return [tensor.data.buffer === bytes.buffer, tensor.dims === dims];
    },
  },
  {
    what: 'a tensor on a device in a shape of another size',
    here: 'an error',
    shows: async ({ Tensor }) => {
      const tensor = Tensor.fromMLTensor({ destroy: () => {} }, { dims: [4] });
      return (await outcome(() => tensor.reshape([3]))) === 'throws';
    },
  },
  {
    what: 'pinned tensors as inputs',
    here: 'are taken',
    shows: async (ort) => {
      const x = ort.Tensor.fromPinnedBuffer('float32', Float32Array.of(1, 2, 3), [1, 3]);
      const session = await create(ort);
      return outcome(async () => plain((await session.run({ x })).y!));
    },
  },
  {
    what: '`Tensor.fromImage()`',
    here: 'rejects where an address has no picture, and leaves your options as they are',
  },
  {
    what: '`norm` without `mean` or `bias`, `toImageData({})` of three channels',
    here: 'the defaults are taken, as onnxruntime documents them; it throws',
  },
  {
    what: 'models in Node',
    here: 'also by `https:` and `file:` addresses',
  },
];
