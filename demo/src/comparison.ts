import type { PixelData } from 'fovea';
import { byId, onChoice } from './dom.js';

/** The two pictures: one over the other with a divider to drag, or side by side. */
export class Comparison {
  readonly #pictures = byId('pictures', HTMLDivElement);
  readonly #viewport = byId('viewport', HTMLDivElement);
  readonly #before = byId('before', HTMLCanvasElement);
  readonly #after = byId('after', HTMLCanvasElement);
  #zoom = 'fit';

  constructor() {
    const divider = byId('divider', HTMLInputElement);
    divider.addEventListener('input', () => {
      this.#pictures.style.setProperty('--split', `${divider.value}%`);
    });
    onChoice('view', (view) => this.#setView(view));
    onChoice('zoom', (zoom) => this.#setZoom(zoom));
  }

  /** Shows a picture alone, until there is something to compare it with. */
  showBefore(picture: ImageBitmap): void {
    drawEnlarged(this.#before, picture, picture);
    this.#pictures.dataset.state = 'before';
    this.#fit();
  }

  /** Compares `after` with `before`, which the browser enlarges to the same size. */
  show(before: ImageBitmap, after: PixelData): void {
    drawEnlarged(this.#before, before, after);
    const { width, height } = after;
    Object.assign(this.#after, { width, height });
    this.#after.getContext('2d')!.putImageData(after as ImageData, 0, 0);
    this.#pictures.dataset.state = 'done';
    this.#fit();
  }

  /** The enlarged picture as a PNG file; null where the browser cannot make one. */
  toPng(): Promise<Blob | null> {
    return new Promise((resolve) => this.#after.toBlob(resolve, 'image/png'));
  }

  #setView(view: string): void {
    this.#pictures.dataset.view = view;
    this.#fit();
  }

  #setZoom(zoom: string): void {
    this.#zoom = zoom;
    this.#fit();
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = this.#viewport;
    this.#viewport.scrollTo((scrollWidth - clientWidth) / 2, (scrollHeight - clientHeight) / 2);
  }

  #fit(): void {
    const { dataset, style } = this.#pictures;
    const { width, height } = this.#before;
    const columns = dataset.view === 'side' && dataset.state === 'done' ? 2 : 1;
    const aspect = (columns * width) / height;
    const fitted = this.#zoom === 'fit';
    const pixels = (columns * width * Number(this.#zoom)) / devicePixelRatio;
    style.aspectRatio = String(aspect);
    style.width = fitted ? `min(100%, ${76 * aspect}vh)` : `${pixels}px`;
    // Zoomed in, pixels are to be seen as they are.
    style.imageRendering = fitted ? '' : 'pixelated';
  }
}

function drawEnlarged(
  canvas: HTMLCanvasElement,
  image: ImageBitmap,
  { width, height }: { width: number; height: number },
): void {
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
}
