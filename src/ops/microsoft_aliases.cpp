// Operators of com.microsoft that ONNX has, too, or nearly: Trilu, Pad, Unique, ExpandDims,
// GridSample, GatherND, Range; and CropAndResize.

#include <cmath>

#include "ops/core/function_steps.h"
#include "ops/op.h"

namespace fovea {
namespace {

Graph trilu(const NodeContext& context) {
  Function f(context);
  return f.giving(
      {f.op("Trilu", {f.in(0), f.in(1)}, {{"upper", context.attributes().get_int("upper", 1)}})});
}

// `pads` may have an axis of size 1 before the other.
Graph pad(const NodeContext& context) {
  Function f(context);
  return f.giving({f.op("Pad", {f.in(0), f.ints(context.int64s(1)), one_of(f, context, 2)},
                        {{"mode", context.attributes().get_string("mode", "constant")}})});
}

Graph unique(const NodeContext& context) {
  require_rank(context, 0, 1);
  Function f(context);
  const std::vector<ValueId> made = f.ops("Unique", {f.in(0)}, 4, {{"sorted", int64_t{0}}});
  return f.giving({made[0], made[2], made[3]});
}

Graph expand_dims(const NodeContext& context) {
  const std::vector<int64_t> axis = context.int64s(1);
  if (axis.size() != 1) require_shape(context, 1, {});
  Function f(context);
  return f.giving({f.op("Unsqueeze", {f.in(0), f.ints(axis)})});
}

Graph grid_sample(const NodeContext& context) {
  require_rank(context, 0, 4);
  const std::string mode = context.attributes().get_string("mode", "bilinear");
  std::string own = mode;
  if (mode == "bilinear") own = "linear";
  if (mode == "bicubic") own = "cubic";
  Function f(context);
  return f.giving({f.op("GridSample", {f.in(0), f.in(1)},
                        {{"mode", own},
                         {"padding_mode", context.attributes().get_string("padding_mode", "zeros")},
                         {"align_corners", context.attributes().get_int("align_corners", 0)}})});
}

Graph gather_nd(const NodeContext& context) {
  Function f(context);
  return f.giving({f.op("GatherND", {f.in(0), cast(f, f.in(1), DType::Int64)})});
}

Graph range(const NodeContext& context) {
  Function f(context);
  const ValueId delta =
      context.has_input(2) ? one_of(f, context, 2) : f.scalar(context.dtype(0), 1);
  return f.giving({f.op("Range", {one_of(f, context, 0), one_of(f, context, 1), delta})});
}

// ---- CropAndResize ----

constexpr int kImages = 0, kBoxes = 1, kImageOfBox = 2, kSize = 3;

void infer_crop_and_resize(InferContext& context) {
  require_rank(context, kImages, 4);
  require_rank(context, kBoxes, 2);
  const int64_t boxes = context.shape(kBoxes)[0];
  require_shape(context, kBoxes, {boxes, 4});
  require_shape(context, kImageOfBox, {boxes});
  const std::vector<int64_t> size = context.int64s(kSize);
  if (size.size() != 2 || size[0] < 1 || size[1] < 1) {
    fail(ErrorCode::InvalidInput, "CropAndResize has the crop_size ", Shape(size));
  }
  context.set_output(0, context.dtype(kImages),
                     {boxes, context.shape(kImages)[1], size[0], size[1]});
}

// Where pixel `index` of `count` lies on an axis of `size` pixels, of which a box takes [begin,
// end]: both ends are pixels' centres. In the box's own type, as in onnxruntime: what is nearest
// hangs on it.
template <class T>
T position(T begin, T end, int64_t size, int64_t index, int64_t count) {
  const T last = static_cast<T>(size - 1);
  if (count == 1) return static_cast<T>(0.5) * (begin + end) * last;
  const T step = (end - begin) * last / static_cast<T>(count - 1);
  return begin * last + static_cast<T>(index) * step;
}

// What a result reads along one axis: two pixels and how far it lies from the first, or none.
template <class T>
struct CropTap {
  bool inside;
  int64_t low, high;
  T rest;
};

template <class T>
std::vector<CropTap<T>> crop_taps(T begin, T end, int64_t size, int64_t count, bool nearest) {
  std::vector<CropTap<T>> taps;
  for (int64_t i = 0; i < count; ++i) {
    const T at = position(begin, end, size, i, count);
    CropTap<T> tap = {at >= 0 && at <= static_cast<T>(size - 1), 0, 0, 0};
    if (tap.inside) {
      const T low = nearest ? std::round(at) : std::floor(at);
      tap.low = static_cast<int64_t>(low);
      tap.high = static_cast<int64_t>(std::ceil(at));
      tap.rest = at - low;
    }
    taps.push_back(tap);
  }
  return taps;
}

// A box of all its results' rows and columns.
template <class T>
struct Crop {
  std::vector<CropTap<T>> rows, columns;
  int64_t width;  // of the images
  bool nearest;
  T outside;

  void of_plane(const T* plane, T* out) const {
    for (const CropTap<T>& y : rows) {
      const T* top = plane + y.low * width;
      const T* bottom = plane + y.high * width;
      for (const CropTap<T>& x : columns) {
        T value = outside;
        if (y.inside && x.inside) {
          value = top[x.low];
          if (!nearest) {
            value += (top[x.high] - value) * x.rest;
            const T below = bottom[x.low] + (bottom[x.high] - bottom[x.low]) * x.rest;
            value += (below - value) * y.rest;
          }
        }
        *out++ = value;
      }
    }
  }
};

template <class T>
void crop_and_resize(ComputeContext& context, bool nearest) {
  const Shape& in = context.shape(kImages);
  const std::vector<int64_t> size = context.int64s(kSize);
  const std::span<const int32_t> images = context.tensor(kImageOfBox).as<int32_t>();
  const T* boxes = context.tensor(kBoxes).as<T>().data();
  const T* from = context.tensor(kImages).as<T>().data();
  const int64_t channels = in[1], plane = in[2] * in[3], pixels = size[0] * size[1];
  T* out = context.make<T>(0, {std::ssize(images), channels, size[0], size[1]}).data();
  const T outside = static_cast<T>(context.attributes().get_float("extrapolation_value", 0));
  for (size_t i = 0; i < images.size(); ++i, boxes += 4, out += channels * pixels) {
    const int64_t image = images[i];
    if (image < 0 || image >= in[0]) {
      fail(ErrorCode::InvalidInput, "box ", i, " of CropAndResize is of image ", image, " of ",
           in[0]);
    }
    const Crop<T> crop = {crop_taps(boxes[0], boxes[2], in[2], size[0], nearest),
                          crop_taps(boxes[1], boxes[3], in[3], size[1], nearest), in[3], nearest,
                          outside};
    context.pool().parallel_for(channels, 1 + 4096 / pixels, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) {
        crop.of_plane(from + (image * channels + c) * plane, out + c * pixels);
      }
    });
  }
}

void crop_and_resize(ComputeContext& context) {
  const std::string mode = context.attributes().get_string("mode", "bilinear");
  const bool nearest = mode == "nearest";
  if (!nearest && mode != "bilinear") {
    fail(ErrorCode::MalformedModel, "CropAndResize's mode is '", mode, "'");
  }
  const bool doubles = context.dtype(kImages) == DType::Double;
  (doubles ? crop_and_resize<double> : crop_and_resize<float>)(context, nearest);
}

constexpr OpDef microsoft(std::string_view op_type, const Meaning& meaning) {
  return {.op_type = op_type, .domain = kMicrosoftDomain, .meaning = meaning};
}

constexpr DTypeSet kInt32 = {DType::Int32}, kInt64 = {DType::Int64};

constexpr OpDef kOps[] = {
    microsoft("Trilu", {.inputs = {1, 2},
                        .types = {type_of_input(0, kFixedSize), type_of_input(1, kInt64)},
                        .function = trilu,
                        .content_inputs = {1}}),
    microsoft("Pad", {.inputs = {2, 3},
                      .types = {type_of_both_inputs(0, 2, kFloat32And64), type_of_input(1, kInt64)},
                      .function = pad,
                      .content_inputs = {1}}),
    microsoft("Unique", {.outputs = {1, 3},
                         .types = {type_of_input(0, kAnyType)},
                         .element_type = first_like_input<DType::Int64>,
                         .function = unique}),
    microsoft("ExpandDims", {.inputs = {2, 2},
                             .types = {type_of_input(0, kAnyType), type_of_input(1, kInt32)},
                             .function = expand_dims,
                             .content_inputs = {1}}),
    microsoft(
        "GridSample",
        {.inputs = {2, 2}, .types = {type_of_all_inputs(kFloat32And64)}, .function = grid_sample}),
    microsoft("GatherND", {.inputs = {2, 2},
                           .types = {type_of_input(0, kAnyType), type_of_input(1, kIndices)},
                           .function = gather_nd}),
    microsoft("Range", {.inputs = {2, 3},
                        .types = {type_of_all_inputs(
                            kFloat32And64 | DTypeSet{DType::Int16, DType::Int32, DType::Int64})},
                        .function = range,
                        .content_inputs = {0, 1, 2}}),
    {.op_type = "CropAndResize",
     .domain = kMicrosoftDomain,
     .meaning = {.inputs = {4, 4},
                 .types = {type_of_inputs(0, 1, kFloat32And64), type_of_inputs(2, 3, kInt32)},
                 .infer = infer_crop_and_resize,
                 .content_inputs = {kSize}},
     .cpu = {.compute = crop_and_resize}},
};

}  // namespace

extern constinit const OpFamily microsoft_aliases_ops = kOps;

}  // namespace fovea
