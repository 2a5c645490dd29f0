import { measureInPage } from './page.mjs';

const memoryNetwork = 'compact-64x16-256';
const megabyte = 2 ** 20;

/** The most WebAssembly memory a network takes, of a page that has done nothing else. */
export async function measureMemory(bench) {
  const { formatRows } = bench.library;
  const peakOf = async (contender) => {
    const { memoryBytes } = await measureAlone(bench, contender, memoryNetwork, 3);
    return memoryBytes;
  };
  const onnxruntimeWeb = await peakOf('onnxruntime-web');
  const fovea = await peakOf('fovea-in-page');
  const ratio = fovea / onnxruntimeWeb;
  const table = formatRows([
    ['peak WebAssembly memory, MB', 'onnxruntime-web', 'fovea', 'ratio'],
    [memoryNetwork, toMegabytes(onnxruntimeWeb), toMegabytes(fovea), ratio.toFixed(2)],
  ]);
  return { network: memoryNetwork, onnxruntimeWeb, fovea, ratio, table, problems: [] };
}

function toMegabytes(bytes) {
  return (bytes / megabyte).toFixed(1);
}

/** One library on one network in a fresh page. */
function measureAlone({ browser, server }, contender, network, runs) {
  const query = new URLSearchParams({ contender, network, runs });
  return measureInPage(browser, new URL(`bench/alone.html?${query}`, server));
}
