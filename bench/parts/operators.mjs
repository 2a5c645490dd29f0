import { measureInPage } from './page.mjs';

/**
 * Operators one by one against onnxruntime-web, both in the page with one thread: all, or those of
 * `--operators Softmax,LSTM`.
 *
 * @param {import('../run.mjs').Bench} bench
 * @returns {Promise<import('../run.mjs').Report>}
 */
export function measureOperators({ browser, server, options: { operators } }) {
  const url = new URL('bench/operators.html', server);
  if (operators !== undefined) url.searchParams.set('operators', operators);
  return measureInPage(browser, url);
}
