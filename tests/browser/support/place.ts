import { type Page, test as base } from '@playwright/test';
import type { Variant } from 'fovea';
import { variants } from '../../support/variants.js';

/** Where a test runs. Options of a project. */
export interface Place {
  /** Whether the server has pages cross-origin isolated. */
  isolated: boolean;
  /** Whether pages have SharedArrayBuffer, and so threads. */
  sharedMemory: boolean;
  /** Whether the browser's WebAssembly has relaxed SIMD. */
  relaxedSimd: boolean;
  /** Whether canvases and ImageData can be in Display-P3. */
  wideColours: boolean;
  /** Whether levels are rounded where alpha is multiplied in and out again. */
  roundsAlpha: boolean;
  /** Whether canvases encode WebP. */
  encodesWebp: boolean;
}

interface TestFixtures extends Place {
  /** The engines that run here. */
  runnable: readonly Variant[];
}

export interface Shared {
  /** A page that tests use one after the other. */
  sharedPage: Page;
}

/** Tests that know where they run. */
export const placedTest = base.extend<TestFixtures>({
  isolated: [true, { option: true }],
  sharedMemory: [true, { option: true }],
  relaxedSimd: [true, { option: true }],
  wideColours: [true, { option: true }],
  roundsAlpha: [false, { option: true }],
  encodesWebp: [true, { option: true }],
  runnable: ({ sharedMemory, relaxedSimd }, use) =>
    use(
      variants.filter(
        (variant) =>
          (sharedMemory || !variant.endsWith('-threads')) &&
          (relaxedSimd || !variant.startsWith('relaxed')),
      ),
    ),
});
