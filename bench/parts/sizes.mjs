import { join } from 'node:path';
import { projectDir } from '../../tools/lib/project.mjs';
import { describeSize, packagedEngines, sizeOf } from '../../tools/lib/sizes.mjs';

/** The bytes of each engine's .wasm: ours and the others'. */
export function measureSizes() {
  const packages = join(projectDir, 'node_modules');
  const files = [
    ...packagedEngines(),
    join(packages, 'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm'),
    join(packages, '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm'),
  ].map(sizeOf);
  return { files, table: files.map(describeSize).join('\n'), problems: [] };
}
