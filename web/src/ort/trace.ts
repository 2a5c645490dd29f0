// Marks that onnxruntime's own code sets while env.trace is on, and that it exports. Without effect:
// Fovea's times come from profiles.

type Mark = (message?: string) => void;

export const TRACE: (deviceType: string, label: string) => void = () => {};
export const TRACE_FUNC_BEGIN: Mark = () => {};
export const TRACE_FUNC_END: Mark = () => {};
export const TRACE_EVENT_BEGIN: Mark = () => {};
export const TRACE_EVENT_END: Mark = () => {};
