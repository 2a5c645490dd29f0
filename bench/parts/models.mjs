import { measureInChosen } from './page.mjs';

const picture = { width: 640, height: 360 };
/** What a film leaves of a second for a picture, at 30 of them. */
const realTime = 33;

/** What bench/pages/models.ts measures. @typedef {Record<'scale' | 'network' | 'oneThread', number> & {model: string, twoThreads: number | null}} ModelTimes */

/**
 * The package's own networks on a picture of 640x360.
 *
 * @param {import('../run.mjs').Bench} bench
 */
export async function measureModels(bench) {
  const { server, library, options } = bench;
  const rounds = options.rounds ?? (options.quick ? 3 : 9);
  const query = new URLSearchParams({
    width: `${picture.width}`,
    height: `${picture.height}`,
    rounds: `${rounds}`,
  });
  const url = new URL(`bench/models.html?${query}`, server);
  /** @type {{times: ModelTimes[]}} */
  const { times } = await measureInChosen(bench, url);
  return { picture, times, table: modelsTable(times, library), problems: [] };
}

/**
 * @param {ModelTimes[]} times
 * @param {import('../bundle.mjs').Library} library
 */
function modelsTable(times, { formatRows, formatMilliseconds }) {
  const { width, height } = picture;
  const rows = times.map(({ model, scale, network, oneThread, twoThreads }) => [
    `${model}: ${width}x${height} to ${width * scale}x${height * scale}`,
    ...[network, oneThread, twoThreads].map((time) => (time ? formatMilliseconds(time) : '')),
    ...[network, oneThread, twoThreads].map((time) =>
      time ? `${(time / realTime).toFixed(2)}x` : '',
    ),
  ]);
  const columns = ['network', 'picture', 'picture, 2 threads'];
  const shares = columns.map((column) => `${column} / ${realTime} ms`);
  return formatRows([['ms, median', ...columns, ...shares], ...rows]);
}
