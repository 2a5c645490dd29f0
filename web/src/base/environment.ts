// What differs between a page, a worker and Node.

interface NodeProcess {
  versions?: { node?: string };
}

/** Whether this is Node (or a program with Node's modules), not a page or a web worker. */
export function isNode(): boolean {
  const { process, window, WorkerGlobalScope } = globalThis as unknown as {
    process?: NodeProcess;
    window?: unknown;
    WorkerGlobalScope?: unknown;
  };
  return process?.versions?.node !== undefined && !window && !WorkerGlobalScope;
}

/** A module of Node, in a way that bundlers for browsers do not try to follow. */
export function nodeModule<T>(name: string): Promise<T> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ `node:${name}`) as Promise<T>;
}

/** The bytes of a file, in Node. */
export async function readLocalFile(path: string | URL): Promise<Uint8Array> {
  const { readFile } = await nodeModule<typeof import('node:fs/promises')>('fs/promises');
  return readFile(path);
}

/** The folder that relative paths start from, in Node, as a file: URL. */
export async function currentFolder(): Promise<string> {
  const { pathToFileURL } = await nodeModule<typeof import('node:url')>('url');
  return pathToFileURL('./').href;
}

/** How many threads the machine runs at once. */
export async function hardwareThreads(): Promise<number> {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  if (navigator?.hardwareConcurrency !== undefined) return navigator.hardwareConcurrency;
  if (!isNode()) return 1;
  return (await nodeModule<typeof import('node:os')>('os')).availableParallelism();
}

/**
 * Lets other events be handled before going on.
 *
 * Not by setTimeout, which browsers delay by 4 ms when it is nested.
 */
export function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
