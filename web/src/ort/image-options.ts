// Options of what makes tensors of pictures, and pictures of tensors, named as in onnxruntime-common.

export type ImageFormat = 'RGB' | 'RGBA' | 'BGR' | 'RBG';
export type ImageTensorLayout = 'NHWC' | 'NCHW';

export interface OptionsFormat {
  /** The order of a picture's channels. */
  format?: ImageFormat;
}

export interface OptionsTensorFormat {
  /** The order of the tensor's channels; RGB unless given. */
  tensorFormat?: ImageFormat;
}

export interface OptionsTensorDataType {
  /** No effect, as in onnxruntime: the tensor is of float32. */
  dataType?: 'float32' | 'uint8';
}

export interface OptionsTensorLayout {
  tensorLayout?: ImageTensorLayout;
}

/** In pixels. */
export interface OptionsDimensions {
  height?: number;
  width?: number;
}

/** In pixels; both or neither. The picture is cut, or continued by zeros, and not resampled. */
export interface OptionResizedDimensions {
  resizedHeight?: number;
  resizedWidth?: number;
}

type PerChannel = number | [number, number, number] | [number, number, number, number];

export interface OptionsNormalizationParameters {
  /**
   * An element is `(value + bias) / mean` of a pixel's value, 0 to 255; a value `(element - bias) * mean`
   * of an element. For all channels or for each; 0 and 255 unless given.
   */
  norm?: { bias?: PerChannel; mean?: PerChannel };
}

export interface TensorFromImageDataOptions
  extends
    OptionResizedDimensions,
    OptionsTensorFormat,
    OptionsTensorLayout,
    OptionsTensorDataType,
    OptionsNormalizationParameters {}

/** Their `tensorFormat` cannot be chosen: it is RGBA. */
export type TensorFromImageElementOptions = TensorFromImageDataOptions;

/** The sizes have no effect. */
export interface TensorFromUrlOptions extends OptionsDimensions, TensorFromImageDataOptions {}

/** The sizes have no effect. */
export type TensorFromImageBitmapOptions = TensorFromImageDataOptions;

export interface TensorToDataUrlOptions
  extends OptionsTensorLayout, OptionsFormat, OptionsNormalizationParameters {}

export type TensorToImageDataOptions = TensorToDataUrlOptions;

export interface ConversionUtils {
  /**
   * A PNG of the tensor, as a data: URL. Only in pages.
   *
   * @throws FoveaError InvalidInput where there is no canvas that makes one
   */
  toDataURL(options?: TensorToDataUrlOptions): string;

  /**
   * The tensor's pixels.
   *
   * @throws FoveaError InvalidInput for a `format` of another number of channels, and outside of pages
   *   and workers
   */
  toImageData(options?: TensorToImageDataOptions): ImageData;
}
