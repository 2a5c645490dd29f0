import { readFileSync } from 'node:fs';

/** An array of a NumPy file. */
export interface NpyArray {
  dims: readonly number[];
  data: Float32Array;
}

/** Reads a .npy file of little-endian float32 in C order. */
export function readNpy(file: string): NpyArray {
  const bytes = readFileSync(file);
  const headerLength = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + headerLength);
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False")) {
    throw new Error(`${file} is not little-endian float32 in C order: ${header}`);
  }
  const dims = /'shape': \(([^)]*)\)/.exec(header)![1]!.match(/\d+/g)?.map(Number) ?? [];
  const count = dims.reduce((product, dim) => product * dim, 1);
  // Copied, because elements must be aligned.
  const start = bytes.byteOffset + 10 + headerLength;
  return { dims, data: new Float32Array(bytes.buffer.slice(start, start + 4 * count)) };
}
