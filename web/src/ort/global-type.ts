/** The class of that name, where the caller's types declare one (`@webgpu/types`, say). */
export type GlobalType<Name extends string, Fallback = unknown> =
  typeof globalThis extends Record<Name, { prototype: infer T }> ? T : Fallback;
