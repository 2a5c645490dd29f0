// Regions of images: RoiAlign, MaxRoiPool, and MMCV's RoiAlign.

#include <algorithm>
#include <cmath>

#include "base/integers.h"
#include "ops/core/function.h"
#include "ops/op.h"

namespace fovea {
namespace {

// Results along one axis of a region, and positions that are read; more than any model means.
constexpr int64_t kMaxBins = 1 << 20;
constexpr double kMaxSamples = kMaxBins;

void require_images(const NodeContext& context) {
  if (context.shape(0).rank() == 4) return;
  fail(ErrorCode::InvalidInput, context.node().op_type, " takes images [N, C, H, W], not ",
       context.shape(0));
}

// [regions, columns]
int64_t region_count(const NodeContext& context, int64_t columns) {
  const Shape& rois = context.shape(1);
  if (rois.rank() == 2 && rois[1] == columns) return rois[0];
  fail(ErrorCode::InvalidInput, context.node().op_type, " takes regions [count, ", columns,
       "], not ", rois);
}

// Sizes of the output; regions of images without pixels have none.
void set_regions(InferContext& context, int64_t regions, int64_t height, int64_t width) {
  const Shape& in = context.shape(0);
  if (std::min(height, width) < 1 || std::max(height, width) > kMaxBins) {
    fail(ErrorCode::MalformedModel, context.node().op_type, " cannot make regions of ", height,
         " x ", width);
  }
  if (in.elements(2, 4) == 0 && regions > 0) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " of images of shape ", in);
  }
  context.set_output(0, context.dtype(0), {regions, in[1], height, width});
}

template <class T>
void require_finite(const NodeContext& context, std::span<const T> regions) {
  if (std::ranges::all_of(regions, [](T x) { return std::isfinite(x); })) return;
  fail(ErrorCode::InvalidInput, context.node().op_type, " has a region that is not finite");
}

int64_t image_of(const NodeContext& context, int64_t written) {
  if (written >= 0 && written < context.shape(0)[0]) return written;
  fail(ErrorCode::InvalidInput, context.node().op_type, " has a region of image ", written, " of ",
       context.shape(0)[0]);
}

// ---- RoiAlign ----

struct AlignAttributes {
  static AlignAttributes parse(const Attributes& attributes, int opset);

  bool is_max;
  bool half_pixel;
  int64_t height;
  int64_t width;
  int64_t samples;  // 0: as many as a bin has pixels
  float scale;
};

bool choose(const Attributes& attributes, std::string_view name, std::string_view no,
            std::string_view yes, std::string_view fallback) {
  const std::string written = attributes.get_string(name, fallback);
  if (written == yes) return true;
  if (written == no) return false;
  throw Error(ErrorCode::UnsupportedAttribute,
              text("RoiAlign does not know ", name, " '", written, "'"))
      .with("attribute", std::string(name));
}

AlignAttributes AlignAttributes::parse(const Attributes& attributes, int opset) {
  const bool half_pixel = opset >= 16 && choose(attributes, "coordinate_transformation_mode",
                                                "output_half_pixel", "half_pixel", "half_pixel");
  return {choose(attributes, "mode", "avg", "max", "avg"),
          half_pixel,
          attributes.get_int("output_height", 1),
          attributes.get_int("output_width", 1),
          std::max<int64_t>(attributes.get_int("sampling_ratio", 0), 0),
          attributes.get_float("spatial_scale", 1.0f)};
}

void infer_roi_align(InferContext& context) {
  require_images(context);
  const auto& attributes = context.attributes_as<AlignAttributes>();
  const int64_t regions = region_count(context, 4);
  if (context.shape(2) != Shape{regions}) {
    fail(ErrorCode::InvalidInput, "RoiAlign of ", regions, " regions has batch_indices of shape ",
         context.shape(2));
  }
  set_regions(context, regions, attributes.height, attributes.width);
  const auto bins = static_cast<double>(std::max(attributes.height, attributes.width));
  if (bins * static_cast<double>(attributes.samples) > kMaxSamples) {
    fail(ErrorCode::UnsupportedAttribute, "RoiAlign takes at most ", kMaxSamples,
         " samples along an axis, not a sampling_ratio of ", attributes.samples);
  }
}

// A position between two elements; outside the image both weights are 0.
template <class T>
struct Sample {
  int64_t low = 0;
  int64_t high = 0;
  T low_weight = 0;
  T high_weight = 0;
};

// Along one axis of a region: [bins][samples].
template <class T>
struct RegionAxis {
  int64_t samples = 0;
  std::vector<Sample<T>> at;
};

template <class T>
Sample<T> sample_at(T x, int64_t size) {
  if (x < -1 || x > static_cast<T>(size)) return {};
  x = std::clamp(x, T{0}, static_cast<T>(size - 1));
  const auto low = static_cast<int64_t>(x);
  const T rest = x - static_cast<T>(low);
  return {low, std::min(low + 1, size - 1), 1 - rest, rest};
}

template <class T>
RegionAxis<T> region_axis(const AlignAttributes& attributes, T begin, T end, int64_t bins,
                          int64_t size) {
  const T scale = static_cast<T>(attributes.scale);
  const T offset = attributes.half_pixel ? T{0.5f} : T{0};
  const T start = begin * scale - offset;
  T length = end * scale - offset - start;
  if (!attributes.half_pixel) length = std::max(length, T{1});
  const T bin = length / static_cast<T>(bins);
  const T adaptive = std::ceil(std::max(bin, T{0}));
  if (!(adaptive * static_cast<T>(bins) <= kMaxSamples)) {
    fail(ErrorCode::InvalidInput, "RoiAlign has a region of ", static_cast<double>(length),
         " pixels");
  }
  RegionAxis<T> axis;
  axis.samples = attributes.samples > 0 ? attributes.samples : static_cast<int64_t>(adaptive);
  for (int64_t i = 0; i < bins; ++i) {
    for (int64_t s = 0; s < axis.samples; ++s) {
      const T within = (static_cast<T>(s) + T{0.5f}) * bin / static_cast<T>(axis.samples);
      axis.at.push_back(sample_at(start + static_cast<T>(i) * bin + within, size));
    }
  }
  return axis;
}

// An element of a channel and what it counts for.
template <class T>
struct Tap {
  int64_t at;
  T weight;
};

// The elements that each bin of a region is made of, the same for all channels.
template <class T>
struct Region {
  int64_t image;
  std::vector<Tap<T>> taps;
  std::vector<size_t> first;  // of each bin, and the end
  int64_t samples;            // of a bin
};

template <class T>
Region<T> region_of(int64_t image, const RegionAxis<T>& ys, const RegionAxis<T>& xs, int64_t height,
                    int64_t width, int64_t row_step) {
  Region<T> region = {image, {}, {0}, ys.samples * xs.samples};
  const auto take = [&](int64_t y, int64_t x, T weight) {
    if (weight != 0) region.taps.push_back({y * row_step + x, weight});
  };
  for (int64_t bin = 0; bin < height * width; ++bin) {
    for (int64_t i = 0; i < region.samples; ++i) {
      const Sample<T>& y = ys.at[static_cast<size_t>(bin / width * ys.samples + i / xs.samples)];
      const Sample<T>& x = xs.at[static_cast<size_t>(bin % width * xs.samples + i % xs.samples)];
      take(y.low, x.low, y.low_weight * x.low_weight);
      take(y.low, x.high, y.low_weight * x.high_weight);
      take(y.high, x.low, y.high_weight * x.low_weight);
      take(y.high, x.high, y.high_weight * x.high_weight);
    }
    region.first.push_back(region.taps.size());
  }
  return region;
}

// One bin of one channel. The largest is taken of weighted elements, as elsewhere, not of sums;
// those of no weight are zeros.
template <class T>
T bin_of(const Region<T>& region, size_t bin, const T* plane, bool is_max) {
  const Tap<T>* begin = region.taps.data() + region.first[bin];
  const Tap<T>* end = region.taps.data() + region.first[bin + 1];
  if (region.samples == 0) return 0;
  if (!is_max) {
    T sum = 0;
    for (const Tap<T>* tap = begin; tap != end; ++tap) sum += tap->weight * plane[tap->at];
    return sum / static_cast<T>(region.samples);
  }
  const bool has_zeros = end - begin < 4 * region.samples;
  T largest = has_zeros ? T{0} : -std::numeric_limits<T>::infinity();
  for (const Tap<T>* tap = begin; tap != end; ++tap) {
    largest = std::max(largest, tap->weight * plane[tap->at]);
  }
  return largest;
}

template <class T>
void align_all(ComputeContext& context) {
  const auto& attributes = context.attributes_as<AlignAttributes>();
  const Shape& in = context.shape(0);
  const auto rois = context.tensor(1).as<T>();
  const auto images = context.tensor(2).as<int64_t>();
  require_finite(context, rois);
  const int64_t channels = in[1], plane = in[2] * in[3];
  const int64_t bins = attributes.height * attributes.width;
  const T* from = context.tensor(0).as<T>().data();
  T* to = context.make<T>(0, {std::ssize(images), channels, attributes.height, attributes.width})
              .data();
  for (size_t i = 0; i < images.size(); ++i) {
    const T* roi = rois.data() + 4 * i;
    const Region<T> region =
        region_of(image_of(context, images[i]),
                  region_axis(attributes, roi[1], roi[3], attributes.height, in[2]),
                  region_axis(attributes, roi[0], roi[2], attributes.width, in[3]),
                  attributes.height, attributes.width, in[3]);
    context.pool().parallel_for(
        channels, 1 + 1024 / (1 + std::ssize(region.taps)), [&](int64_t begin, int64_t end) {
          for (int64_t c = begin; c < end; ++c) {
            const T* image = from + (region.image * channels + c) * plane;
            T* out = to + (static_cast<int64_t>(i) * channels + c) * bins;
            for (int64_t bin = 0; bin < bins; ++bin) {
              out[bin] = bin_of(region, static_cast<size_t>(bin), image, attributes.is_max);
            }
          }
        });
  }
}

// ---- MaxRoiPool ----

std::pair<int64_t, int64_t> pooled_size(const NodeContext& context) {
  const std::vector<int64_t> sizes = context.attributes().get_ints("pooled_shape");
  if (sizes.size() == 2) return {sizes[0], sizes[1]};
  fail(ErrorCode::MalformedModel, "MaxRoiPool's pooled_shape is a height and a width, not ",
       Shape(sizes));
}

void infer_max_roi_pool(InferContext& context) {
  require_images(context);
  const auto [height, width] = pooled_size(context);
  set_regions(context, region_count(context, 5), height, width);
}

// Elements [begin, end) of an axis that a bin is of.
struct Span {
  int64_t begin;
  int64_t end;
};

// Both ends of a region are pixels of it, rounded.
template <class T>
std::vector<Span> bins_of(T from, T to, T scale, int64_t bins, int64_t size) {
  constexpr T kFar = T{1 << 30};
  const T begin = std::clamp(std::round(from * scale), -kFar, kFar);
  const T end = std::clamp(std::round(to * scale), -kFar, kFar);
  const T bin = std::max(end - begin + 1, T{1}) / static_cast<T>(bins);
  const auto inside = [&](T x) {
    return static_cast<int64_t>(std::clamp(begin + x, T{0}, static_cast<T>(size)));
  };
  std::vector<Span> spans;
  for (int64_t i = 0; i < bins; ++i) {
    spans.push_back({inside(std::floor(static_cast<T>(i) * bin)),
                     inside(std::ceil(static_cast<T>(i + 1) * bin))});
  }
  return spans;
}

template <class T>
T largest_in(const T* plane, int64_t width, const Span& rows, const Span& columns) {
  if (rows.begin >= rows.end || columns.begin >= columns.end) return 0;
  T largest = -std::numeric_limits<T>::infinity();
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = columns.begin; x < columns.end; ++x) {
      largest = std::max(largest, plane[y * width + x]);
    }
  }
  return largest;
}

template <class T>
void pool_all(ComputeContext& context) {
  const auto [height, width] = pooled_size(context);
  const Shape& in = context.shape(0);
  const auto rois = context.tensor(1).as<T>();
  require_finite(context, rois);
  const T scale = static_cast<T>(context.attributes().get_float("spatial_scale", 1.0f));
  const int64_t regions = context.shape(1)[0], channels = in[1], plane = in[2] * in[3];
  const T* from = context.tensor(0).as<T>().data();
  T* to = context.make<T>(0, {regions, channels, height, width}).data();
  for (int64_t i = 0; i < regions; ++i) {
    const T* roi = rois.data() + 5 * i;
    const T* image = from + image_of(context, saturating_cast<int64_t>(roi[0])) * channels * plane;
    const std::vector<Span> columns = bins_of(roi[1], roi[3], scale, width, in[3]);
    const std::vector<Span> rows = bins_of(roi[2], roi[4], scale, height, in[2]);
    for (int64_t c = 0; c < channels; ++c) {
      for (const Span& row : rows) {
        for (const Span& column : columns) {
          *to++ = largest_in(image + c * plane, in[3], row, column);
        }
      }
    }
  }
}

// ---- MMCVRoiAlign: a region begins with the number of its image ----

Graph mmcv_roi_align(const NodeContext& context) {
  region_count(context, 5);
  const Attributes& attributes = context.attributes();
  if (attributes.get_string("mode", "avg") != "avg") {
    fail(ErrorCode::UnsupportedAttribute, "MMCVRoiAlign is supported for averages alone");
  }
  Function f(context);
  const auto columns = [&](int64_t begin, int64_t end) {
    return f.op("Slice", {f.in(1), f.ints({begin}), f.ints({end}), f.ints({1})});
  };
  const ValueId images = f.op("Cast", {f.op("Squeeze", {columns(0, 1), f.ints({1})})},
                              {{"to", static_cast<int64_t>(DType::Int64)}});
  const bool aligned = attributes.get_int("aligned", 1) != 0;
  return f.giving({f.op("RoiAlign", {f.in(0), columns(1, 5), images},
                        {{"coordinate_transformation_mode",
                          std::string(aligned ? "half_pixel" : "output_half_pixel")},
                         {"output_height", attributes.get_int("output_height", 1)},
                         {"output_width", attributes.get_int("output_width", 1)},
                         {"sampling_ratio", attributes.get_int("sampling_ratio", 0)},
                         {"spatial_scale", attributes.get_float("spatial_scale", 1.0f)}})});
}

constexpr OpDef mmcv_roi_align_of(std::string_view domain) {
  return {.op_type = "MMCVRoiAlign",
          .domain = domain,
          .meaning = {.inputs = {2, 2},
                      .types = {type_of_all_inputs(kFloat32And64)},
                      .function = mmcv_roi_align}};
}

template <ComputeRule kFloats, ComputeRule kDoubles>
void either(ComputeContext& context) {
  (context.dtype(0) == DType::Double ? kDoubles : kFloats)(context);
}

constexpr OpDef kOps[] = {
    {.op_type = "RoiAlign",
     .since = 10,
     .meaning = {.inputs = {3, 3},
                 .types = {type_of_inputs(0, 1, kFloat32And64), type_of_input(2, {DType::Int64})},
                 .infer = infer_roi_align},
     .cpu = {.compute = either<align_all<float>, align_all<double>>}},
    {.op_type = "MaxRoiPool",
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_all_inputs(kFloat32And64)},
                 .infer = infer_max_roi_pool},
     .cpu = {.compute = either<pool_all<float>, pool_all<double>>}},
    mmcv_roi_align_of("mmcv"),
    mmcv_roi_align_of("mmdeploy"),
};

}  // namespace

extern constinit const OpFamily roi_ops = kOps;

}  // namespace fovea
