// What people set on this page, and what the browser remembers of it.

import { computed, effect } from '@preact/signals';
import { ModelChoice } from '../base/model-choice/model-choice.js';
import { isOneOf, isWithin, remembered } from '../base/settings.js';
import type { FileType } from '../saving/save-picture.js';
import type { Baseline } from './comparing/baseline.js';
import type { ViewMode } from '../stage/view.js';
import type { Enlargement, Fit, TargetChoice } from './making/target-size.js';

export const model = new ModelChoice('pictures');

const mostSide = 100_000;
const enlargements = ['2', '3', '4', 'own', 'pixels'] as const;

const enlargement = remembered<Enlargement>('pictures.size', '2', isOneOf(...enlargements));

export const target = {
  enlargement,
  /** Of the result in pixels; 0 where the other says it. */
  width: remembered('pictures.width', 0, isWithin(0, mostSide)),
  height: remembered('pictures.height', 0, isWithin(0, mostSide)),
  fit: remembered<Fit>('pictures.fit', 'contain', isOneOf('contain', 'cover', 'fill')),
  mostSide,
};

/** Whether the network is one of the package's own, of which there are several, by size. */
export const isOwn = computed(() => model.kind.value !== 'file' && model.kind.value !== 'url');

// Whoever brings a model of their own wants to see what that makes.
effect(() => {
  if (!isOwn.value) enlargement.value = 'own';
});

export const targetChoice = computed<TargetChoice>(() => ({
  // Only of the user's own model is not known how large it makes pictures.
  enlargement: enlargement.value === 'own' && isOwn.value ? '2' : enlargement.value,
  width: target.width.value,
  height: target.height.value,
  fit: target.fit.value,
}));

export const viewMode = remembered<ViewMode>(
  'pictures.view',
  'divider',
  isOneOf('divider', 'side', 'loupe', 'difference'),
);

/** What the result is compared with. What needs a file is not remembered. */
export const baseline = remembered<Baseline>(
  'pictures.baseline',
  'plain',
  isOneOf('plain', 'photo', 'fast', 'web'),
);

export const fileType = remembered<FileType>(
  'pictures.format',
  'image/png',
  isOneOf('image/png', 'image/jpeg', 'image/webp'),
);

/** Of JPEG and WebP, in percent. */
export const quality = remembered('pictures.quality', 92, isWithin(1, 100));
