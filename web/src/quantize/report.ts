/** How ranges of values are chosen. */
export const methods = ['minmax', 'percentile', 'mse', 'entropy'] as const;

/** The real numbers from `low` to `high`. */
export interface ValueRange {
  low: number;
  high: number;
}

/** How often values were seen. */
export interface Histogram {
  /** What the first bin begins with and the last one ends with; all are equally wide. */
  range: ValueRange;
  counts: Float64Array;
}

/** What became of a layer: a Conv, a Gemm or a MatMul. */
export interface LayerReport {
  node: string;
  opType: string;
  /** The value that it reads and whose range is told, by name. */
  input: string;
  quantised: boolean;
  /** Why it stays float; empty where it does not. */
  reason: string;
  /** How the range of what it reads was chosen. */
  method: (typeof methods)[number];
  /** The least and the greatest value that was seen. */
  seen: ValueRange;
  /** What bytes stand for: a byte q for scale * (q - zeroPoint). Values beyond are cut off. */
  chosen: ValueRange;
  scale: number;
  zeroPoint: number;
  /** Of what it reads; undefined where that was not looked at. */
  histogram: Histogram | undefined;
  /** Loss of PSNR where this layer alone is quantised, in dB; undefined where that was not tried. */
  lossDb: number | undefined;
  /** The weights to what bytes change in them, in dB. */
  weightsSnr: number;
  /** Multiply-accumulates for the first sample. */
  macs: number;
  /** Of its weights and biases, before and after. */
  bytesBefore: number;
  bytesAfter: number;
}

/** What a quantised model loses, and where. */
export interface QuantizeReport {
  /**
   * Loss of PSNR on the samples that were held out, in dB: what the difference to the float model's outputs
   * adds to an error of 36 dB, that of a good network on pictures that are neither smooth nor hard.
   */
  lossDb: number;
  /** The quantised model's outputs against the float model's, in dB. */
  psnr: number;
  /**
   * The float model's and the quantised model's outputs against the truth, in dB, where that is known: of
   * pictures that were made smaller it is what they were.
   */
  psnrBefore: number | undefined;
  psnrAfter: number | undefined;
  /** Sizes of the files. */
  bytesBefore: number;
  bytesAfter: number;
  /** In the order of the nodes. */
  layers: LayerReport[];
}

/** A quantised model. */
export interface QuantizeResult {
  /** The ONNX file. */
  model: Uint8Array<ArrayBuffer>;
  report: QuantizeReport;
}
