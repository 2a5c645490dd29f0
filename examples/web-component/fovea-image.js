// <fovea-image src="photo.jpg" alt="A cat"></fovea-image>: a picture, shown as it is and then enlarged.
// It says `load` when it is, and `error` (with `error`) when it cannot be; then it stays as it was.
import { Upscaler } from 'fovea';

/** One for all elements, made when the first needs it. */
let creating;

class FoveaImage extends HTMLElement {
  static observedAttributes = ['src', 'alt'];
  #root = this.attachShadow({ mode: 'open' });
  #working = new AbortController();

  connectedCallback() {
    this.#show();
  }

  disconnectedCallback() {
    this.#working.abort();
  }

  attributeChangedCallback(name, before, after) {
    if (this.isConnected && before !== after) this.#show();
  }

  async #show() {
    this.#working.abort();
    this.#working = new AbortController();
    const { signal } = this.#working;
    const image = new Image();
    image.src = this.getAttribute('src') ?? '';
    image.alt = this.getAttribute('alt') ?? '';
    this.#root.replaceChildren(image);
    try {
      creating ??= Upscaler.create();
      const upscaler = await creating;
      const canvas = document.createElement('canvas');
      canvas.role = 'img';
      canvas.ariaLabel = image.alt;
      await upscaler.upscale(image, { output: canvas, signal });
      this.#root.replaceChildren(canvas);
      this.dispatchEvent(new Event('load'));
    } catch (error) {
      if (!signal.aborted) this.dispatchEvent(new ErrorEvent('error', { error }));
    }
  }
}

customElements.define('fovea-image', FoveaImage);
