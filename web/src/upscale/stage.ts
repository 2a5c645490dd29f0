// What pictures go through: one picture to another, a part at a time.

import type { Rectangle } from '../host/module.js';
import type { Pair } from '../network/form.js';
import type { Picture } from '../pictures/picture.js';
import type { Pixels } from '../pictures/pixels.js';

/** A part of a result. */
export interface Part extends Pixels {
  readonly x: number;
  readonly y: number;
}

/** What a part of a result is made of. */
export interface Piece {
  /** What must be read, inside the picture. */
  readonly window: Rectangle;
  /** Where it goes in the result. */
  readonly to: Rectangle;
}

/** How a stage is run. */
export interface Running {
  readonly signal: AbortSignal | undefined;
  /** Called whenever a piece is done. */
  readonly onPiece: () => void;
}

/** Makes a picture of another. */
export interface Stage {
  /** Of the result. */
  readonly size: Pair;
  /** How many pieces there are. */
  readonly count: number;
  /** The result's parts, from top to bottom, none twice. */
  parts(picture: Picture, running: Running): AsyncGenerator<Part, void>;
}

/** Pieces whose reading and computing may run at the same time. */
const underWay = 2;

/**
 * Computes the pieces of a picture in their order. While one is computed, the next is read and what came
 * before is taken.
 */
export async function* computePieces<P extends Piece>(
  picture: Picture,
  pieces: readonly P[],
  { signal, onPiece }: Running,
  compute: (piece: P, pixels: Pixels) => Promise<Pixels>,
): AsyncGenerator<Part, void> {
  const tops = neededFrom(pieces);
  const work = async (index: number): Promise<Part> => {
    const piece = pieces[index]!;
    const pixels = await picture.read(piece.window, signal);
    picture.forget?.(tops[index + 1]!);
    const { data, width, height } = await compute(piece, pixels);
    return { x: piece.to.x, y: piece.to.y, data, width, height };
  };
  const waiting: Promise<Part>[] = [];
  let begun = 0;
  try {
    for (let done = 0; done < pieces.length; ++done) {
      while (begun < Math.min(done + underWay, pieces.length)) {
        const working = work(begun++);
        // Whoever awaits it, hears of it; if nobody does, nobody is to.
        working.catch(() => {});
        waiting.push(working);
      }
      const part = await waiting.shift()!;
      onPiece();
      yield part;
    }
  } finally {
    await Promise.allSettled(waiting);
  }
}

/** The first row that a piece and those after it need. */
function neededFrom(pieces: readonly Piece[]): number[] {
  const tops = new Array<number>(pieces.length + 1).fill(Infinity);
  for (let i = pieces.length - 1; i >= 0; --i) {
    tops[i] = Math.min(tops[i + 1]!, pieces[i]!.window.y);
  }
  return tops;
}

/** A rectangle and what lies around it, as far as it lies in a picture. */
export function around({ x, y, width, height }: Rectangle, margin: Pair, size: Pair): Rectangle {
  const along = (from: number, length: number, more: number, limit: number) => {
    const begin = Math.min(Math.max(from - more, 0), limit - 1);
    return [begin, Math.max(Math.min(from + length + more, limit) - begin, 1)] as const;
  };
  const [left, columns] = along(x, width, Math.ceil(margin.x), size.x);
  const [top, rows] = along(y, height, Math.ceil(margin.y), size.y);
  return { x: left, y: top, width: columns, height: rows };
}
