import { measureInPage } from './page.mjs';

/** Whole networks, one thread: ours against the others, and native onnxruntime. */
export function measureSpeed(bench) {
  const runner = new bench.library.NativeRunner();
  const callNative = (method, ...args) => runner[method](...args);
  return measureSet('speed', bench, { functions: { callNative } });
}

/** Whole networks with two threads, and how much faster that is than one. */
export function measureThreads(bench) {
  return measureSet('threads', bench);
}

function measureSet(set, { browser, server, options }, pageOptions) {
  const { networks, rounds, 'warm-up': warmUp, quick } = options;
  const chosen = {
    set,
    networks,
    rounds: rounds ?? (quick && '3'),
    'warm-up': warmUp ?? (quick && '2'),
  };
  const query = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value));
  return measureInPage(browser, new URL(`bench/index.html?${query}`, server), pageOptions);
}
