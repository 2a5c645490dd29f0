// The scores as lines of text whose columns are aligned.

/**
 * The lines of a table: a head of two, and one for each image or mean.
 *
 * @param {string[]} names what the rows are about
 * @param {string[]} upscalers bicubic first, over which the others gain
 * @returns {{head: string[], row: (name: string, scores: Record<string,
 *   import('./measure.mjs').Score>) => string}}
 */
export function scoreTable(names, upscalers) {
  const titles = upscalers.map((_, i) => columns('PSNR', 'SSIM', ...(i > 0 ? ['gain'] : [])));
  const widths = upscalers.map((upscaler, i) => Math.max(upscaler.length, titles[i].length));
  const first = Math.max(...names.map((name) => name.length));
  /** @param {string} name @param {string[]} groups */
  const line = (name, groups) =>
    [name.padEnd(first), ...groups.map((group, i) => group.padStart(widths[i]))].join('   ');
  /**
   * @param {Record<string, import('./measure.mjs').Score>} scores
   * @param {string} upscaler
   * @param {number} i
   */
  const groupOf = (scores, upscaler, i) => {
    const { psnr, ssim } = scores[upscaler];
    const gain = i > 0 ? [signed(psnr - scores[upscalers[0]].psnr)] : [];
    return columns(psnr.toFixed(2), ssim.toFixed(4), ...gain);
  };
  return {
    head: [line('', upscalers), line('', titles)],
    row: (name, scores) =>
      line(
        name,
        upscalers.map((upscaler, i) => groupOf(scores, upscaler, i)),
      ),
  };
}

/** @param {string[]} cells */
function columns(...cells) {
  return cells.map((cell) => cell.padStart(6)).join('  ');
}

/** @param {number} value */
function signed(value) {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)}`;
}
