type Imports = Record<string, Record<string, unknown>>;
type AnyFunction = (...args: unknown[]) => unknown;

/** WebAssembly of a function `f` of these instructions, with a page of memory. */
function program(...instructions: number[]): Uint8Array<ArrayBuffer> {
  const body = [0, ...instructions, 0x0b];
  const sections = [
    [1, [1, 0x60, 0, 0]],
    [3, [1, 0]],
    [5, [1, 0, 1]],
    [7, [1, 1, 0x66, 0, 0]],
    [10, [1, body.length, ...body]],
  ] as const;
  const coded = sections.flatMap(([id, content]) => [id, content.length, ...content]);
  return Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...coded);
}

const traps = {
  unreachable: program(0x00),
  /** i32.load of the last address. */
  'out of bounds': program(0x41, 0x7f, 0x28, 2, 0, 0x1a),
  /** A call of itself. */
  'call stack': program(0x10, 0),
};

export type Trap = keyof typeof traps;

/**
 * Makes engines that are started from now on trap, once told to, when they next call JavaScript:
 * WebAssembly traps in a function that they have called, and they end as by a trap of their own.
 */
export class Traps {
  readonly #instantiate = WebAssembly.instantiate;
  #armed: { trap: AnyFunction; passes: number } | undefined;

  /** How often engines have called JavaScript. */
  calls = 0;

  constructor() {
    const patched = (module: WebAssembly.Module, imports: Imports) =>
      this.#instantiate(module, this.#wrapped(imports) as WebAssembly.Imports);
    WebAssembly.instantiate = patched as unknown as typeof WebAssembly.instantiate;
  }

  /** @param passes how many calls of JavaScript are let through before */
  arm(trap: Trap, passes = 0): void {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(traps[trap]));
    this.#armed = { trap: exports.f as AnyFunction, passes };
  }

  restore(): void {
    WebAssembly.instantiate = this.#instantiate;
  }

  #wrapped(imports: Imports): Imports {
    const wrap = (value: unknown) =>
      typeof value !== 'function'
        ? value
        : (...args: unknown[]) => {
            this.#pass();
            return (value as AnyFunction)(...args);
          };
    return mapped(imports, (functions) => mapped(functions, wrap));
  }

  #pass(): void {
    this.calls += 1;
    if (!this.#armed || this.#armed.passes-- > 0) return;
    const { trap } = this.#armed;
    this.#armed = undefined;
    trap();
  }
}

function mapped<A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
