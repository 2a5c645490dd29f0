/** A space of colours that browsers' canvases know. */
export type ColorSpace = 'srgb' | 'display-p3';

/** A part of a picture: RGBA, alpha not multiplied in, row by row; bytes, or float32 of 0..255. */
export interface Pixels {
  readonly data: Uint8ClampedArray | Float32Array;
  readonly width: number;
  readonly height: number;
}

/** A Float16Array, which not every platform and not every version of TypeScript has. */
export type HalfFloats = ArrayBufferView &
  ArrayLike<number> & {
    readonly [Symbol.toStringTag]: 'Float16Array';
    readonly BYTES_PER_ELEMENT: number;
  };

type HalfFloatsClass = new (init: number | ArrayLike<number>) => HalfFloats;

/** The class, where there is one. */
export function halfFloatsClass(): HalfFloatsClass | undefined {
  return (globalThis as { Float16Array?: HalfFloatsClass }).Float16Array;
}
