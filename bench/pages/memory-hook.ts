// Notes every WebAssembly memory that comes to be after this module ran, whoever makes it.

const { Memory, instantiate, instantiateStreaming } = WebAssembly;
const memories = new Set<WebAssembly.Memory>();

/** Bytes of all WebAssembly memories of this thread: a memory never shrinks, so that is its peak. */
export function memoryBytes(): number {
  return [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

WebAssembly.Memory = class extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.add(this);
  }
};
WebAssembly.instantiate = notingExports(instantiate);
WebAssembly.instantiateStreaming = notingExports(instantiateStreaming);

/** The same function, which also notes the memories that the instance it makes exports. */
function notingExports<F extends typeof instantiate | typeof instantiateStreaming>(original: F): F {
  const noting = async (...args: Parameters<F>) => {
    const made = await (original as (...args: unknown[]) => Promise<Instantiated>)(...args);
    const { exports } = 'instance' in made ? made.instance : made;
    for (const value of Object.values(exports)) {
      if (value instanceof Memory) memories.add(value);
    }
    return made;
  };
  return noting as unknown as F;
}

type Instantiated = WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource;
