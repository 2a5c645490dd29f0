/** What blocks of code may use without saying where it is from, as their reader has it. */
export const names = `
declare const picture: ImageBitmap;
declare const img: HTMLImageElement;
declare const canvas: HTMLCanvasElement;
declare const context: CanvasRenderingContext2D;
declare const pixels: Float32Array;
declare const width: number;
declare const height: number;
declare const file: File;
declare const files: readonly File[];
declare const save: (file: Blob) => Promise<void>;
declare const input: import('fovea').Tensor;
declare const session: import('fovea').InferenceSession;
declare const upscaler: import('fovea').Upscaler;
declare const denoiser: import('fovea').Upscaler;
declare const faces: import('fovea').Upscaler;
declare const detectFaces: () => Promise<import('fovea').Rectangle[]>;
declare const twice: (x: import('fovea').Tensor) => Promise<import('fovea').TensorLike>;
declare const key: Uint8Array;
declare const modelBytes: Uint8Array;
declare const weightBytes: Uint8Array;
declare const enlarged: (request: Request) => Promise<Response>;

interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
declare function addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;

declare module '*.wasm' {
  const bytesOrModule: Uint8Array & WebAssembly.Module;
  export default bytesOrModule;
}
declare module '*.onnx' {
  const bytes: Uint8Array;
  export default bytes;
}
`;
