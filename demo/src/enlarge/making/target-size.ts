import type { SizeOptions } from 'fovea';
import type { Rectangle, Size } from '../../stage/pyramid.js';

/** How large the result is to be: so many times, as the model makes it, or in pixels. */
export type Enlargement = '2' | '3' | '4' | 'own' | 'pixels';

/** What becomes of other proportions than the picture's. */
export type Fit = 'contain' | 'cover' | 'fill';

export interface TargetChoice {
  enlargement: Enlargement;
  /** Of the result in pixels; 0 where the other says it. */
  width: number;
  height: number;
  fit: Fit;
}

/** The package's options for it. */
export function sizeOptions({ enlargement, width, height, fit }: TargetChoice): SizeOptions {
  if (enlargement === 'own') return {};
  if (enlargement !== 'pixels') return { scale: Number(enlargement) };
  if (!width && !height) return { scale: 2 };
  return { width: width || undefined, height: height || undefined, fit };
}

/** How many times as large the picture becomes; undefined for what only the model knows. */
export function factorOf(picture: Size, choice: TargetChoice): number | undefined {
  const { scale, width, height } = sizeOptions(choice);
  if (scale !== undefined) return scale;
  const factors = [width && width / picture.width, height && height / picture.height].filter(
    (factor) => factor !== undefined,
  );
  if (factors.length === 0) return undefined;
  return choice.fit === 'contain' ? Math.min(...factors) : Math.max(...factors);
}

/** How large the result will be; undefined for what only the model knows. */
export function expectedSize(picture: Size, choice: TargetChoice): Size | undefined {
  const factor = factorOf(picture, choice);
  if (factor === undefined) return undefined;
  const { width, height } = sizeOptions(choice);
  if (width && height && choice.fit !== 'contain') return { width, height };
  const scaled = (side: number) => Math.max(1, Math.round(side * factor));
  return { width: scaled(picture.width), height: scaled(picture.height) };
}

/** The part of a picture that a result of that size shows: in the middle, what fits its proportions. */
export function shownPart(picture: Size, result: Size, choice: TargetChoice): Rectangle {
  const isCut = choice.enlargement === 'pixels' && choice.fit === 'cover';
  if (!isCut) return { x: 0, y: 0, width: picture.width, height: picture.height };
  const factor = Math.max(result.width / picture.width, result.height / picture.height);
  const [width, height] = [result.width / factor, result.height / factor];
  return { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
}
