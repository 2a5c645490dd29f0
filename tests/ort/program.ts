// What programs for onnxruntime's packages are made of: functions of a library, whose results two libraries
// must give alike.

export type Ort = typeof import('onnxruntime-common');

export interface Program {
  name: string;
  /** Where it runs: in Node, against onnxruntime-node, and in a page, against onnxruntime-web. */
  where: readonly ('node' | 'page')[];
  /** Gives plain data, what structured cloning takes. */
  run(ort: Ort): unknown;
}

/** A program for both places. */
export function everywhere(name: string, run: Program['run']): Program {
  return { name, where: ['node', 'page'], run };
}

export function inNode(name: string, run: Program['run']): Program {
  return { name, where: ['node'], run };
}

export function inPage(name: string, run: Program['run']): Program {
  return { name, where: ['page'], run };
}

type AnyTensor = Pick<InstanceType<Ort['Tensor']>, 'type' | 'dims' | 'size' | 'location' | 'data'>;

/** A tensor without its class. */
export function plain({ type, dims, size, location, data }: AnyTensor) {
  return { type, dims: [...dims], size, location, data: Array.from<unknown>(data) };
}

/** What is thrown or rejected with is only known to be an error: its class and text are a library's own. */
export async function outcome(run: () => unknown): Promise<unknown> {
  try {
    return { gives: await run() };
  } catch {
    return 'throws';
  }
}

/** What a rejection says; nothing where there is none. */
export function rejection(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
}

/** What a function gives, and which providers it is told on the console not to have. */
export async function withWarnings(run: () => unknown): Promise<unknown> {
  const { warn } = console;
  const warnings: string[] = [];
  console.warn = (message: string) => void warnings.push(message);
  try {
    const result = await outcome(run);
    return { result, warnings: warnings.filter((message) => message.includes('provider')) };
  } finally {
    console.warn = warn;
  }
}
