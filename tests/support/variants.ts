import type { Variant } from 'fovea';

/** The engine's four builds. */
export const variants: readonly Variant[] = ['simd', 'relaxed', 'simd-threads', 'relaxed-threads'];
