import { readdirSync, readFileSync } from 'node:fs';
import { measureInPage } from './page.mjs';

/** What bench/pages/pictures.ts measures. @typedef {import('../pages/pictures.js').LargePictures} LargePictures */

const sampling = 50;

/** Large pictures. @param {import('../run.mjs').Bench} bench */
export async function measurePictures({ browser, server, library }) {
  const memory = new MemoryByMark();
  /** @type {LargePictures} */
  const times = await measureInPage(browser, new URL('bench/pictures.html', server), {
    functions: { mark: (/** @type {string} */ name) => memory.mark(name) },
  });
  memory.end();
  const { formatRows, formatMilliseconds } = library;
  const most = (/** @type {number[]} */ values) => formatMilliseconds(Math.max(0, ...values));
  const table = formatRows([
    ['4000x3000 x2 onto a canvas', 'ms'],
    ['in all', formatMilliseconds(times.total)],
    [`first of ${times.tiles} tiles`, formatMilliseconds(times.firstTile)],
    ['longest task of the page', most(times.longTasks)],
    ['cancel, at most: x2', most(times.cancelX2)],
    ['cancel, at most: RRDB of 23 blocks', most(times.cancelRrdb)],
    ['memory of all of Chromium, MB', 'more at most'],
    ['4000x3000 x2 (the result alone takes 183)', memory.growth('picture')],
    ['24 of 1200x900 x2 to PNG, one by one', memory.growth('one by one')],
    ['24 of 1200x900 x2 to PNG, all at once', memory.growth('all at once')],
  ]);
  return { times, memory: memory.peaks, table, problems: [] };
}

/** The memory of this process' browsers, sampled, by what is under way. */
class MemoryByMark {
  /** @type {Record<string, {before: number, peak: number}>} */
  peaks = {};
  #current = 'start';
  #timer = setInterval(() => this.#sample(), sampling);

  /** @param {string} name */
  mark(name) {
    this.#sample();
    this.#current = name;
    const before = browserMegabytes();
    this.peaks[name] = { before, peak: before };
  }

  end() {
    clearInterval(this.#timer);
  }

  /** @param {string} name */
  growth(name) {
    const { before, peak } = this.peaks[name];
    return (peak - before).toFixed(0);
  }

  #sample() {
    const current = this.peaks[this.#current];
    if (current) current.peak = Math.max(current.peak, browserMegabytes());
  }
}

/** Memory that is the browser processes' own or their share of what several have. */
function browserMegabytes() {
  let kilobytes = 0;
  for (const process of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!/chrom/.test(readFileSync(`/proc/${process}/cmdline`, 'utf8'))) continue;
      const shares = readFileSync(`/proc/${process}/smaps_rollup`, 'utf8');
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(shares)?.[1] ?? 0);
    } catch {
      // It has ended since.
    }
  }
  return kilobytes / 1024;
}
