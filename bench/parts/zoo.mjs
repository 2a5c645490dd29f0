import { measureInChosen } from './page.mjs';

/**
 * Networks that people run, ours with and without relaxed SIMD and onnxruntime-web, one thread each, in one page,
 * which is loaded `--loads` times: medians over the loads, and how far they are apart.
 *
 * @param {import('../run.mjs').Bench} bench
 */
export async function measureZoo(bench) {
  const { server, library, options } = bench;
  const url = new URL('bench/zoo.html', server);
  const { networks, rounds, 'warm-up': warmUp, quick } = options;
  const chosen = { networks, rounds: rounds ?? (quick ? '3' : undefined), 'warm-up': warmUp };
  for (const [name, value] of Object.entries(chosen)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  /** @type {import('../zoo/report.js').ZooLoad[]} */
  const loads = [];
  for (let i = 0; i < Number(options.loads ?? (quick ? 1 : 5)); ++i) {
    loads.push((await measureInChosen(bench, url)).rows);
  }
  return { loads, table: library.zooTable(loads), problems: library.zooProblems(loads) };
}
