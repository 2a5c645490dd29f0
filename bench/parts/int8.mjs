import { measureInPage } from './page.mjs';

/**
 * Networks and what the package's quantiser makes of them, ours and onnxruntime-web's on the same files, in
 * one page, one thread each.
 *
 * @param {import('../run.mjs').Bench} bench
 * @returns {Promise<import('../run.mjs').Report>}
 */
export function measureInt8({ browser, server, options }) {
  const url = new URL('bench/int8.html', server);
  const rounds = options.rounds ?? (options.quick ? 3 : 9);
  url.searchParams.set('rounds', `${rounds}`);
  if (options['warm-up'] !== undefined) url.searchParams.set('warm-up', options['warm-up']);
  return measureInPage(browser, url);
}
