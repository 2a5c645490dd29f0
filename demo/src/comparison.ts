import { byId, onChoice } from './dom.js';
import { navigate } from './navigation.js';

/** The picture before is enlarged by the browser up to this size; beyond it is stretched. */
const mostPixels = 64e6;

/** The largest zoom, in pixels of the screen for one of the picture. */
const mostZoom = 16;

/** The two pictures: one over the other with a divider to drag, or side by side. */
export class Comparison {
  readonly #pictures = byId('pictures', HTMLDivElement);
  readonly #viewport = byId('viewport', HTMLDivElement);
  readonly #before = byId('before', HTMLCanvasElement);
  readonly #after = byId('after', HTMLCanvasElement);
  /** Pixels of the screen for one of the enlarged picture; undefined: all of it is shown. */
  #zoom: number | undefined;

  constructor() {
    const divider = byId('divider', HTMLInputElement);
    divider.addEventListener('input', () => {
      this.#pictures.style.setProperty('--split', `${divider.value}%`);
    });
    onChoice('view', (view) => this.#setView(view));
    onChoice('zoom', (zoom) => this.#setZoom(zoom));
    navigate(
      (factor) => this.#zoomBy(factor),
      () => this.#zoom !== undefined,
    );
  }

  /** Shows a picture alone, until there is something to compare it with. */
  showBefore(picture: ImageBitmap): void {
    drawEnlarged(this.#before, picture, picture);
    this.#pictures.dataset.state = 'before';
    this.#fit();
  }

  /** Where results are to be drawn. */
  get after(): HTMLCanvasElement {
    return this.#after;
  }

  /** Compares what was drawn after with `before`, which the browser enlarges to the same size. */
  show(before: ImageBitmap): void {
    const { width, height } = this.#after;
    drawEnlarged(this.#before, before, width * height > mostPixels ? before : this.#after);
    this.#pictures.dataset.state = 'done';
    this.#fit();
  }

  /** The enlarged picture as a file of that type, or of PNG; null where the browser makes none. */
  toFile(type: string): Promise<Blob | null> {
    return new Promise((resolve) => this.#after.toBlob(resolve, type, 0.92));
  }

  #setView(view: string): void {
    this.#pictures.dataset.view = view;
    this.#fit();
  }

  #setZoom(zoom: string): void {
    this.#zoom = zoom === 'fit' ? undefined : Number(zoom);
    this.#fit();
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = this.#viewport;
    this.#viewport.scrollTo((scrollWidth - clientWidth) / 2, (scrollHeight - clientHeight) / 2);
  }

  /** Zooms in or out; out of what is smaller than the frame, back to all. */
  #zoomBy(factor: number): void {
    const { width, height } = this.#size();
    const shown = this.#pictures.getBoundingClientRect().width * devicePixelRatio;
    const zoom = Math.min((shown / width) * factor, mostZoom);
    const fitted = Math.min(this.#viewport.clientWidth, (0.76 * innerHeight * width) / height);
    this.#zoom = zoom * width > fitted * devicePixelRatio ? zoom : undefined;
    const choice = document.querySelectorAll<HTMLInputElement>('[name=zoom]');
    for (const input of choice) input.checked = input.value === String(this.#zoom ?? 'fit');
    this.#fit();
  }

  /** How large what is shown is, in pixels of pictures. */
  #size(): { width: number; height: number } {
    const { dataset } = this.#pictures;
    const isDone = dataset.state === 'done';
    const { width, height } = isDone ? this.#after : this.#before;
    const columns = dataset.view === 'side' && isDone ? 2 : 1;
    return { width: columns * width, height };
  }

  #fit(): void {
    const { style } = this.#pictures;
    const { width, height } = this.#size();
    const aspect = width / height;
    const zoom = this.#zoom;
    style.aspectRatio = String(aspect);
    style.width =
      zoom === undefined ? `min(100%, ${76 * aspect}vh)` : `${(width * zoom) / devicePixelRatio}px`;
    this.#viewport.toggleAttribute('data-zoomed', zoom !== undefined);
    // Zoomed in, pixels are to be seen as they are.
    style.imageRendering = zoom !== undefined && zoom >= 1 ? 'pixelated' : '';
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
