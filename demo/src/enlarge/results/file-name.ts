import type { Size } from '../../stage/pyramid.js';

/** The name of a result's file, without its ending: how many times as large it is, or its size. */
export function fileName(picture: Size & { name: string }, result: Size): string {
  const factor = result.width / picture.width;
  const isWhole = Number.isInteger(factor) && result.height === factor * picture.height;
  return `${picture.name}-${isWhole ? `x${factor}` : `${result.width}x${result.height}`}`;
}
