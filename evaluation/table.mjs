// The scores as lines of text whose columns are aligned.

/**
 * The lines of a table: a head of two, and one for each image or mean.
 *
 * @param {string[]} names what the rows are about
 * @param {string[]} upscalers bicubic first, over which the others gain
 * @returns {{head: string[], row: (name: string, scores: Record<string,
 *   import('./measure.mjs').Score>) => string}}
 */
export function scoreTable(names, [baseline, ...models]) {
  const first = Math.max(...names.map((name) => name.length));
  const group = (name, columns) => name.padStart(Math.max(columns.length, name.length));
  const baselineColumns = columns('PSNR', 'SSIM');
  const modelColumns = columns('PSNR', 'SSIM', 'gain');
  const line = (name, ...groups) => [name.padEnd(first), ...groups].join('   ').trimEnd();
  const widths = Object.fromEntries(
    models.map((name) => [name, Math.max(name.length, modelColumns.length)]),
  );
  const cells = ({ psnr, ssim }) => [psnr.toFixed(2), ssim.toFixed(4)];
  return {
    head: [
      line(
        '',
        group(baseline, baselineColumns),
        ...models.map((name) => group(name, modelColumns)),
      ),
      line('', baselineColumns, ...models.map((name) => modelColumns.padStart(widths[name]))),
    ],
    row: (name, scores) =>
      line(
        name,
        columns(...cells(scores[baseline])),
        ...models.map((model) => {
          const gain = scores[model].psnr - scores[baseline].psnr;
          return columns(...cells(scores[model]), signed(gain)).padStart(widths[model]);
        }),
      ),
  };
}

function columns(...cells) {
  return cells.map((cell) => cell.padStart(6)).join('  ');
}

function signed(value) {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)}`;
}
