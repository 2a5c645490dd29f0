// Compiled only: what is declared for fovea/ort can be taken for what onnxruntime-common declares.

import type * as common from 'onnxruntime-common';
import * as ort from 'fovea/ort';
import { Tensor as FoveaTensor } from 'fovea';

export const env: common.Env = ort.env;
export const factory: common.InferenceSessionFactory = ort.InferenceSession;
export const Tensor: common.TensorConstructor = ort.Tensor;
export const registerBackend: typeof common.registerBackend = ort.registerBackend;

export function sessions(ours: ort.InferenceSession): common.InferenceSession {
  return ours;
}

export function tensors(ours: ort.Tensor, typed: ort.TypedTensor<'int64'>): common.Tensor[] {
  const bits: common.TypedTensor<'int64'> = typed;
  return [ours, bits];
}

/** Written for onnxruntime: the names of its types mean the same. */
export async function program(
  model: Uint8Array,
  options: ort.InferenceSession.SessionOptions,
  feeds: ort.InferenceSession.FeedsType,
  fetches: ort.InferenceSession.FetchesType,
): Promise<ort.InferenceSession.ReturnType> {
  const session: ort.InferenceSession = await ort.InferenceSession.create(model, options);
  const type: ort.Tensor.Type = 'float32';
  const data: ort.Tensor.DataTypeMap['float32'] = new Float32Array(1);
  const extra: ort.Tensor = new ort.Tensor(type, data, [1]);
  return session.run({ ...feeds, extra }, fetches);
}

/** A tensor of the package's root can be fed. */
export function mixed(session: ort.InferenceSession): Promise<unknown> {
  return session.run({ x: new FoveaTensor('bfloat16', [1], [1]) });
}

type Generic<L extends 'common' | 'ort'> = L extends 'common'
  ? [
      common.TypedTensor<'int4'>,
      common.CpuPinnedConstructorParameters<'int8'>,
      common.TextureConstructorParameters<'float32'>,
      common.GpuBufferConstructorParameters<'int64'>,
      common.MLTensorConstructorParameters<'uint4'>,
      common.TensorFromTextureOptions<'float32'>,
      common.TensorFromGpuBufferOptions<'bool'>,
      common.TensorFromMLTensorOptions<'float16'>,
    ]
  : [
      ort.TypedTensor<'int4'>,
      ort.CpuPinnedConstructorParameters<'int8'>,
      ort.TextureConstructorParameters<'float32'>,
      ort.GpuBufferConstructorParameters<'int64'>,
      ort.MLTensorConstructorParameters<'uint4'>,
      ort.TensorFromTextureOptions<'float32'>,
      ort.TensorFromGpuBufferOptions<'bool'>,
      ort.TensorFromMLTensorOptions<'float16'>,
    ];

/** Types with parameters mean the same, too. */
export function generic(ours: Generic<'ort'>): Generic<'common'> {
  return ours;
}

// What is no member of onnxruntime's API is none here.
// @ts-expect-error there is no such element type
new ort.Tensor('float31', [1]);
// @ts-expect-error profiles as objects are of the root's sessions
export type Profile = ort.InferenceSession['profile'];
