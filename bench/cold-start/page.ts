// What both pages of the cold start have in common.

import { Random } from '../networks/random.js';

export const side = 128;

/** Where the model is, of both pages. */
export const modelUrl = '/build/bench/cold-start/model.onnx';

/** One page load. */
export interface ColdStart {
  /** From the start of the navigation to the first enlarged pixels. */
  milliseconds: number;
  /** Some of those pixels' bytes, to compare. */
  sample: number[];
  steps: Step[];
}

/** Something that took part of that time, in milliseconds from the start of the navigation. */
export interface Step {
  name: string;
  begin: number;
  end: number;
}

const scriptStart = performance.now();

/** An opaque picture of random pixels. It comes while a library loads, like one that is decoded. */
export async function picture(): Promise<ImageData> {
  await new Promise((resolve) => setTimeout(resolve));
  const random = new Random(3);
  const pixels = new ImageData(side, side);
  pixels.data.forEach((_, i) => {
    pixels.data[i] = i % 4 === 3 ? 255 : 256 * random.uniform();
  });
  return pixels;
}

/** Called as soon as the enlarged pixels are there. */
export function finish({ data }: { data: Uint8ClampedArray }, steps: readonly Step[] = []): void {
  const milliseconds = performance.now();
  const script = { name: 'until the script runs', begin: 0, end: scriptStart };
  window.measured = {
    milliseconds,
    sample: [...data.filter((_, i) => i % 97 === 0)],
    steps: [script, ...steps.filter(({ end }) => end <= milliseconds)],
  } satisfies ColdStart;
}
