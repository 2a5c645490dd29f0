import { Presets, SingleBar } from 'cli-progress';

/** How far a number of pictures have come. */
export class ProgressBar {
  readonly #bar: SingleBar | undefined;
  readonly #parts = new Map<string, number>();

  /** Shown on standard error, if that is a terminal. */
  constructor(total: number) {
    if (!process.stderr.isTTY) return;
    const format = ' {bar} {percentage}% | {pictures} of {total} | {eta_formatted} left';
    const options = { format, stream: process.stderr, clearOnComplete: true, hideCursor: true };
    this.#bar = new SingleBar(options, Presets.shades_classic);
    this.#bar.start(total, 0, { pictures: 0 });
  }

  /** @param fraction of that picture, 0 to 1 */
  update(picture: string, fraction: number): void {
    this.#parts.set(picture, fraction);
    const parts = [...this.#parts.values()];
    const pictures = parts.filter((part) => part === 1).length;
    this.#bar?.update(
      parts.reduce((sum, part) => sum + part, 0),
      { pictures },
    );
  }

  end(): void {
    this.#bar?.stop();
  }
}
