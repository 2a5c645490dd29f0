// What results are put into.

export { imageDataSink, rawSink, tensorSink, type RawPicture } from './array-sinks.js';
export { blobSink, type BlobOptions } from './blob-sink.js';
export { bitmapSink, canvasSink } from './canvas-sink.js';
export type { ResultInfo, Sink } from './sink.js';
