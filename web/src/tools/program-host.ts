import { expose } from 'comlink';
import type { CompiledEngine } from '../engine/compile.js';
import { reply, type HostEndpoint } from '../engine/messages.js';
import { bufferOf } from '../host/feeding.js';
import { guarded } from '../host/guarded.js';
import { instantiateEngine } from '../host/instantiate.js';
import type { ArgumentsOf, Callable, ResultOf } from '../host/methods.js';
import type { EngineBuffer, ModuleFactory, Program } from '../host/module.js';

/** A program beside the engine where it works, in a worker or right here: its methods, by name. */
export class ProgramHost<Methods extends Callable<Methods>> {
  readonly #methods: Methods;

  private constructor(methods: Methods) {
    this.#methods = methods;
  }

  /**
   * @param methods makes them of the program once it is instantiated
   * @throws FoveaError EngineLoadError
   */
  static async start<Kind extends Program, Methods extends Callable<Methods>>(
    compiled: CompiledEngine,
    glue: ModuleFactory<Kind>,
    methods: new (program: Kind) => Methods,
  ): Promise<ProgramHost<Methods>> {
    const program = guarded(await instantiateEngine(compiled, glue, 1));
    return new ProgramHost<Methods>(new methods(program));
  }

  async call<M extends keyof Methods>(
    method: M,
    ...args: ArgumentsOf<Methods, M>
  ): Promise<ResultOf<Methods, M>> {
    return this.#methods[method](...args) as ResultOf<Methods, M>;
  }
}

/** Has a worker's script offer a program. */
export function exposeProgram<Kind extends Program, Methods extends Callable<Methods>>(
  glue: ModuleFactory<Kind>,
  methods: new (program: Kind) => Methods,
): void {
  let host: ProgramHost<Methods> | undefined;
  const endpoint: HostEndpoint = {
    preload() {},
    start: (compiled) =>
      reply(async () => {
        host = await ProgramHost.start(compiled, glue, methods);
      }),
    call: (method, ...args: unknown[]) =>
      reply(() =>
        host!.call(method as keyof Methods, ...(args as ArgumentsOf<Methods, keyof Methods>)),
      ),
  };
  expose(endpoint);
}

/** Copies a file into a program's memory while it is used. */
export function withFile<T>(
  program: Program,
  bytes: Uint8Array,
  use: (file: EngineBuffer) => T,
): T {
  const file = bufferOf(program, bytes);
  try {
    return use(file);
  } finally {
    program.deleteBuffer(file);
  }
}

/** Takes a file out of a program's memory. */
export function taken(program: Program, file: EngineBuffer): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(program.bytesOf(file));
  } finally {
    program.deleteBuffer(file);
  }
}
