// Tensors whose elements are on a device that Fovea has nothing to do with. Programs may hold such, and
// download them; no session takes one.

import { Tensor as FoveaTensor } from '../index.js';
import { invalid } from './errors.js';
import type {
  TensorFromGpuBufferOptions,
  TensorFromMLTensorOptions,
  TensorFromTextureOptions,
} from './tensor-factory.js';
import type {
  GpuBufferDataTypes,
  GpuBufferType,
  MLTensorDataTypes,
  MLTensorType,
  TextureDataTypes,
  TextureType,
} from './tensor-namespace.js';

type Device = 'texture' | 'gpu-buffer' | 'ml-tensor';

/** Each location: the property that gives what a tensor is on, and the types that it can have. */
const devices: Record<Device, { property: string; types: readonly string[] }> = {
  texture: { property: 'texture', types: ['float32'] },
  'gpu-buffer': {
    property: 'gpuBuffer',
    types: 'float32 float16 int32 int64 uint32 uint8 bool uint4 int4'.split(' '),
  },
  'ml-tensor': {
    property: 'mlTensor',
    types: 'float32 float16 int32 int64 uint32 uint64 int8 uint8 bool uint4 int4'.split(' '),
  },
};

interface DeviceInit {
  device: Device;
  resource: unknown;
  type: string;
  dims: readonly number[];
  download?: (() => Promise<unknown>) | undefined;
  dispose?: (() => void) | undefined;
}

class DeviceTensor extends FoveaTensor {
  readonly #device: Device;
  #resource: unknown;
  #download: DeviceInit['download'];
  #dispose: DeviceInit['dispose'];
  #downloading = false;

  constructor({ device, resource, type, dims, download, dispose }: DeviceInit) {
    super('uint8', new Uint8Array(0), [0]);
    const { types } = devices[device];
    if (!types.includes(type)) {
      throw invalid(`a tensor in a ${device} is of ${types.join(', ')}, not ${type}`, { type });
    }
    this.#device = device;
    this.#resource = resource;
    this.#download = download;
    this.#dispose = dispose;
    define(this, { location: device, type, dims: [...dims], size: sizeOf(dims) });
    Object.defineProperty(this, 'data', { get: () => noData(device), configurable: true });
  }

  /** What it is on. Throws FoveaError InvalidInput unless that is of the device. */
  resource(device: Device): unknown {
    if (this.location === 'none') throw disposed();
    return this.#device === device ? this.#resource : notOn(device);
  }

  override async getData(releaseData = false): Promise<never> {
    if (!this.#isOnDevice()) return this.data as never;
    if (!this.#download) {
      throw invalid("the tensor has no way to download its data: give the option 'download'");
    }
    if (this.#downloading) throw downloading();
    this.#downloading = true;
    try {
      const data = await this.#download();
      this.#download = undefined;
      define(this, { location: 'cpu', data });
      if (releaseData) this.#release();
      return data as never;
    } finally {
      this.#downloading = false;
    }
  }

  override reshape(dims: readonly number[]): FoveaTensor {
    if (this.#download || this.#dispose) {
      throw invalid('a tensor that owns memory of a device cannot be reshaped');
    }
    if (!this.#isOnDevice()) return super.reshape(dims);
    if (sizeOf(dims) !== this.size) {
      throw invalid(`${this.size} elements have no shape [${dims.join(',')}]`);
    }
    const { type } = this;
    return new DeviceTensor({ device: this.#device, resource: this.#resource, type, dims });
  }

  override dispose(): void {
    if (this.#downloading) throw downloading();
    this.#release();
    this.#resource = undefined;
    this.#download = undefined;
    super.dispose();
  }

  #release(): void {
    this.#dispose?.();
    this.#dispose = undefined;
  }

  #isOnDevice(): boolean {
    return (this.location as string) === this.#device;
  }
}

/** texture, gpuBuffer and mlTensor of all tensors. */
export const deviceProperties: PropertyDescriptorMap = Object.fromEntries(
  (Object.keys(devices) as Device[]).map((device) => [
    devices[device].property,
    {
      configurable: true,
      get(this: FoveaTensor) {
        if (this instanceof DeviceTensor) return this.resource(device);
        if (this.location === 'none') throw disposed();
        return notOn(device);
      },
    },
  ]),
);

export function fromTexture<T extends TextureDataTypes>(
  texture: TextureType,
  { width, height, ...access }: TensorFromTextureOptions<T>,
): FoveaTensor {
  const dims = [1, height, width, 4];
  return onDevice('texture', texture, { ...access, dataType: 'float32', dims });
}

export function fromGpuBuffer<T extends GpuBufferDataTypes>(
  buffer: GpuBufferType,
  options: TensorFromGpuBufferOptions<T>,
): FoveaTensor {
  return onDevice('gpu-buffer', buffer, options);
}

export function fromMLTensor<T extends MLTensorDataTypes>(
  tensor: MLTensorType,
  options: TensorFromMLTensorOptions<T>,
): FoveaTensor {
  return onDevice('ml-tensor', tensor, options);
}

type Options = Pick<DeviceInit, 'dims' | 'download' | 'dispose'> & { dataType?: string };

function onDevice(device: Device, resource: unknown, options: Options): FoveaTensor {
  const { dataType: type = 'float32', dims, download, dispose } = options;
  return new DeviceTensor({ device, resource, type, dims, download, dispose });
}

/** The product of sizes. Throws FoveaError InvalidInput for what is none. */
function sizeOf(dims: readonly number[]): number {
  const isShape =
    Array.isArray(dims) && dims.every((dim) => Number.isSafeInteger(dim) && (dim as number) >= 0);
  if (!isShape) throw invalid(`a shape is an array of integers from 0, not [${String(dims)}]`);
  return (dims as readonly number[]).reduce((product, dim) => product * dim, 1);
}

function define(target: object, values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(target, name, { value, configurable: true, enumerable: true });
  }
}

function noData(device: Device): never {
  const message = `the tensor's data are not in JavaScript's memory but in a ${device}`;
  throw invalid(`${message}: await getData() for them`);
}

function notOn(device: Device): never {
  throw invalid(`the tensor's data are not in a ${device}`);
}

function disposed(): Error {
  return invalid('the tensor has been disposed of');
}

function downloading(): Error {
  return invalid("the tensor's data are being downloaded");
}
