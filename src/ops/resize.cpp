// Resize, and Upsample, its ancestor.

#include "kernels/resize/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>

#include "base/integers.h"
#include "kernels/elementwise/convert.h"
#include "ops/core/axes.h"
#include "ops/core/memory.h"

namespace fovea {
namespace {

using kernels::Arithmetic;
using kernels::AxisScaling;
using kernels::CoordinateMode;
using kernels::Interpolation;
using kernels::LengthRatio;
using kernels::NearestMode;
using kernels::ResizeMethod;
using kernels::ResizePlan;

constexpr int kFirstResizeWithModes = 11;
constexpr int64_t kLongest = int64_t{1} << 31;

// ---- attributes ----

template <class Value>
struct Choice {
  std::string_view name;
  Value value;
};

template <class Value>
Value choose(const Attributes& attributes, std::string_view attribute, std::string_view fallback,
             std::initializer_list<Choice<Value>> choices) {
  const std::string name = attributes.get_string(attribute, fallback);
  for (const auto& choice : choices) {
    if (choice.name == name) return choice.value;
  }
  throw Error(ErrorCode::UnsupportedAttribute,
              text("Resize does not know ", attribute, " '", name, "'"))
      .with("attribute", std::string(attribute));
}

ResizeMethod method_of(const Attributes& attributes, int opset) {
  ResizeMethod method;
  method.interpolation = choose<Interpolation>(attributes, "mode", "nearest",
                                               {{"nearest", Interpolation::Nearest},
                                                {"linear", Interpolation::Linear},
                                                {"bilinear", Interpolation::Linear},
                                                {"cubic", Interpolation::Cubic}});
  if (opset < kFirstResizeWithModes) {
    method.coordinates = CoordinateMode::Asymmetric;
    method.nearest = NearestMode::Floor;
    return method;
  }
  method.coordinates =
      choose<CoordinateMode>(attributes, "coordinate_transformation_mode", "half_pixel",
                             {{"half_pixel", CoordinateMode::HalfPixel},
                              {"half_pixel_symmetric", CoordinateMode::HalfPixelSymmetric},
                              {"pytorch_half_pixel", CoordinateMode::PytorchHalfPixel},
                              {"align_corners", CoordinateMode::AlignCorners},
                              {"asymmetric", CoordinateMode::Asymmetric},
                              {"tf_half_pixel_for_nn", CoordinateMode::TfHalfPixelForNn},
                              {"tf_crop_and_resize", CoordinateMode::TfCropAndResize}});
  method.nearest = choose<NearestMode>(attributes, "nearest_mode", "round_prefer_floor",
                                       {{"round_prefer_floor", NearestMode::RoundPreferFloor},
                                        {"round_prefer_ceil", NearestMode::RoundPreferCeil},
                                        {"floor", NearestMode::Floor},
                                        {"ceil", NearestMode::Ceil}});
  method.cubic_a = attributes.get_float("cubic_coeff_a", -0.75f);
  method.antialias = attributes.get_int("antialias", 0) != 0;
  method.exclude_outside = attributes.get_int("exclude_outside", 0) != 0;
  return method;
}

enum class AspectRatio : uint8_t { Stretch, NotLarger, NotSmaller };

struct ResizeAttributes {
  ResizeMethod method;
  std::optional<std::vector<int64_t>> axes;
  std::optional<std::vector<float>> scales;  // of Upsample 7, later an operand
  AspectRatio aspect_ratio = AspectRatio::Stretch;
  float extrapolation_value = 0.0f;

  static ResizeAttributes parse(const Attributes& attributes, int opset) {
    ResizeAttributes out;
    out.method = method_of(attributes, opset);
    if (attributes.has("axes")) out.axes = attributes.get_ints("axes");
    if (attributes.has("scales")) out.scales = attributes.get_floats("scales");
    out.aspect_ratio = choose<AspectRatio>(attributes, "keep_aspect_ratio_policy", "stretch",
                                           {{"stretch", AspectRatio::Stretch},
                                            {"not_larger", AspectRatio::NotLarger},
                                            {"not_smaller", AspectRatio::NotSmaller}});
    out.extrapolation_value = attributes.get_float("extrapolation_value", 0.0f);
    return out;
  }
};

const ResizeAttributes& attributes_of(const NodeContext& context) {
  return context.attributes_as<ResizeAttributes>();
}

// ---- scales and sizes ----

[[noreturn]] void throw_invalid(const NodeContext& context, std::string_view what) {
  fail(ErrorCode::InvalidInput, context.node().op_type, " of ", context.shape(0), ": ", what);
}

// Null also where the input is there but empty, which models of opset 11 write for "none".
const Tensor* operand(const NodeContext& context, int index) {
  const Tensor* tensor = context.content(index);
  return tensor && tensor->elements() > 0 ? tensor : nullptr;
}

struct Operands {
  const Tensor* roi = nullptr;
  const Tensor* scales = nullptr;
  const Tensor* sizes = nullptr;
};

Operands operands_of(const NodeContext& context) {
  if (context.opset() < kFirstResizeWithModes) {
    return {nullptr, operand(context, 1), nullptr};
  }
  return {operand(context, 1), operand(context, 2), operand(context, 3)};
}

// The axes that roi, scales and sizes speak of, in their order.
std::vector<int> resized_axes(const NodeContext& context) {
  const int rank = context.shape(0).rank();
  const auto& written = attributes_of(context).axes;
  std::vector<int> axes;
  if (!written) {
    for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
    return axes;
  }
  normalize_axes(*written, rank);  // no axis is there twice
  for (const int64_t axis : *written) axes.push_back(normalize_axis(axis, rank));
  return axes;
}

int64_t checked_length(const NodeContext& context, double length) {
  if (!(length >= 0 && length < static_cast<double>(kLongest))) {
    throw_invalid(context, "a size is negative, or 2^31 or larger");
  }
  return static_cast<int64_t>(length);
}

void scale_axes(const NodeContext& context, const std::vector<float>& scales,
                const std::vector<int>& axes, std::vector<AxisScaling>& out) {
  if (scales.size() != axes.size()) throw_invalid(context, "scales do not fit the axes");
  for (size_t i = 0; i < axes.size(); ++i) {
    AxisScaling& axis = out[static_cast<size_t>(axes[i])];
    axis.scale = scales[i];
    if (!(axis.scale > 0) || !std::isfinite(axis.scale)) {
      throw_invalid(context, "scales must be positive");
    }
    // In float, as elsewhere: the float next to 0.7 times 10 is 7, in double it is not.
    const float length = static_cast<float>(axis.in) * axis.scale;
    axis.out = checked_length(context, static_cast<double>(std::floor(length)));
  }
}

// The length times the ratio, halves rounded up.
double scaled(int64_t length, const LengthRatio& ratio) {
  const int64_t product = length * ratio.to;
  const int64_t half = product % ratio.from * 2 >= ratio.from ? 1 : 0;
  return static_cast<double>(product / ratio.from + half);
}

void size_axes(const NodeContext& context, const std::vector<int64_t>& sizes,
               const std::vector<int>& axes, std::vector<AxisScaling>& out) {
  if (sizes.size() != axes.size()) throw_invalid(context, "sizes do not fit the axes");
  std::vector<LengthRatio> ratios;
  for (size_t i = 0; i < axes.size(); ++i) {
    AxisScaling& axis = out[static_cast<size_t>(axes[i])];
    axis.out = checked_length(context, static_cast<double>(sizes[i]));
    if (axis.in == 0 && axis.out > 0) throw_invalid(context, "nothing cannot be resized");
    ratios.push_back(axis.in > 0 ? LengthRatio{axis.out, axis.in} : LengthRatio{});
  }
  const AspectRatio policy = attributes_of(context).aspect_ratio;
  if (policy != AspectRatio::Stretch && !ratios.empty()) {
    const auto smaller = [](const LengthRatio& a, const LengthRatio& b) {
      return a.to * b.from < b.to * a.from;
    };
    const LengthRatio kept = policy == AspectRatio::NotLarger ? std::ranges::min(ratios, smaller)
                                                              : std::ranges::max(ratios, smaller);
    std::ranges::fill(ratios, kept);
  }
  for (size_t i = 0; i < axes.size(); ++i) {
    AxisScaling& axis = out[static_cast<size_t>(axes[i])];
    if (policy != AspectRatio::Stretch)
      axis.out = checked_length(context, scaled(axis.in, ratios[i]));
    axis.ratio = ratios[i];
  }
}

void take_region(const NodeContext& context, const Tensor* roi, const std::vector<int>& axes,
                 std::vector<AxisScaling>& out) {
  if (!roi || roi->elements() != static_cast<int64_t>(2 * axes.size())) {
    throw_invalid(context, "tf_crop_and_resize needs a start and an end of roi for every axis");
  }
  const std::vector<float> region = to_floats(*roi);
  for (size_t i = 0; i < axes.size(); ++i) {
    out[static_cast<size_t>(axes[i])].roi_start = region[i];
    out[static_cast<size_t>(axes[i])].roi_end = region[axes.size() + i];
  }
}

// One entry per axis of input 0.
std::vector<AxisScaling> scalings_of(const NodeContext& context) {
  std::vector<AxisScaling> out;
  for (const int64_t length : context.shape(0)) {
    if (length >= kLongest) throw_invalid(context, "an axis is 2^31 or longer");
    out.push_back({.in = length, .out = length});
  }
  const std::vector<int> axes = resized_axes(context);
  const Operands operands = operands_of(context);
  if (operands.sizes) {
    size_axes(context, to_int64s(*operands.sizes), axes, out);
  } else if (operands.scales) {
    scale_axes(context, to_floats(*operands.scales), axes, out);
  } else if (attributes_of(context).scales) {
    scale_axes(context, *attributes_of(context).scales, axes, out);
  } else {
    throw_invalid(context, "neither scales nor sizes are given");
  }
  if (attributes_of(context).method.coordinates == CoordinateMode::TfCropAndResize) {
    take_region(context, operands.roi, axes, out);
  }
  return out;
}

void infer_resize(InferContext& context) {
  Shape out;
  for (const AxisScaling& axis : scalings_of(context)) out.push_back(axis.out);
  context.set_output(0, context.dtype(0), std::move(out));
}

// ---- windows ----

// The factor as a fraction of small numbers, to what float tells of it; nullopt where there is
// none.
std::optional<LengthRatio> small_ratio(const AxisScaling& axis) {
  if (axis.ratio) {
    const int64_t divisor = std::gcd(axis.ratio->to, axis.ratio->from);
    const LengthRatio ratio = {axis.ratio->to / divisor, axis.ratio->from / divisor};
    return std::max(ratio.to, ratio.from) <= kLongestPeriod ? std::optional(ratio) : std::nullopt;
  }
  for (int64_t from = 1; from <= kLongestPeriod; ++from) {
    const double to = axis.factor() * static_cast<double>(from), whole = std::nearbyint(to);
    if (whole > static_cast<double>(kLongestPeriod)) break;
    if (whole >= 1 && std::abs(to - whole) <= 1e-6 * whole) {
      return LengthRatio{static_cast<int64_t>(whole), from};
    }
  }
  return std::nullopt;
}

// Before there were modes, what shrinks takes the pixel after the place, what grows the one before.
kernels::AxisFilter filter_of(const NodeContext& context, const AxisScaling& axis,
                              Arithmetic arithmetic) {
  ResizeMethod method = attributes_of(context).method;
  if (context.opset() < kFirstResizeWithModes) {
    method.nearest = axis.factor() < 1 ? NearestMode::Ceil : NearestMode::Floor;
  }
  return kernels::make_axis_filter(method, axis, arithmetic);
}

// Where the places follow from the length of the axis, all move with it.
bool depends_on_length(const AxisScaling& axis, CoordinateMode mode) {
  if (mode == CoordinateMode::HalfPixelSymmetric) {
    return axis.ratio ? axis.out * axis.ratio->from != axis.in * axis.ratio->to
                      : axis.scale != static_cast<float>(axis.out) / static_cast<float>(axis.in);
  }
  return mode == CoordinateMode::AlignCorners || mode == CoordinateMode::TfCropAndResize;
}

// What the filter of an axis of several periods of the ratio reads, by the position in a period. At
// the ends it reads less than elsewhere, or other pixels: those are left out.
Window window_resize(const WindowContext& context) {
  constexpr int64_t kEnds = 2, kShortest = 64;
  if (context.input() != 0) return {};
  AxisScaling axis = scalings_of(context)[static_cast<size_t>(context.axis())];
  Window window = same_place(context.axis());
  if (axis.in == axis.out && axis.factor() == 1) return window;
  const auto ratio = small_ratio(axis);
  if (!ratio || depends_on_length(axis, attributes_of(context).method.coordinates)) {
    return {.kind = Window::Kind::Unknown};
  }
  const auto [out, in] = *ratio;
  const int64_t periods = kShortest / in + 2 * kEnds + 1;
  axis.in = periods * in;
  axis.out = periods * out;
  if (axis.ratio) axis.ratio = {axis.out, axis.in};
  const bool doubles = context.dtype(0) == DType::Double;
  const kernels::AxisFilter filter =
      filter_of(context, axis, doubles ? Arithmetic::Double : Arithmetic::Float);
  const auto is_read = [&](size_t at) {
    return filter.wide_weights.empty() ? filter.weights[at] != 0 : filter.wide_weights[at] != 0;
  };
  window.num = in;
  window.den = out;
  window.spans.assign(static_cast<size_t>(out), {0, -1});
  for (int64_t i = kEnds * out; i < axis.out - kEnds * out; ++i) {
    Span& span = window.spans[static_cast<size_t>(i % out)];
    for (int64_t tap = 0; tap < filter.taps; ++tap) {
      if (!is_read(static_cast<size_t>(i * filter.taps + tap))) continue;
      const int64_t at = filter.first[static_cast<size_t>(i)] + tap - i / out * in;
      const bool first = span.last < span.first;
      span = {first ? at : std::min(span.first, at), first ? at : std::max(span.last, at)};
    }
  }
  return window;
}

// ---- kernels ----

template <class T>
uint64_t bits_of(T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(value));
  return bits;
}

// The extrapolation value as an element of `dtype`.
uint64_t extrapolation_bits(const NodeContext& context, DType dtype) {
  const float value = attributes_of(context).extrapolation_value;
  return dispatch<float, double, Half, BFloat, bool, int8_t, uint8_t, int16_t, uint16_t, int32_t,
                  uint32_t, int64_t, uint64_t>(dtype, [&](auto tag) {
    return bits_of(kernels::element_cast<typename decltype(tag)::type>(value));
  });
}

// The passes over the memory of input 0, whose axes are N, H, W, C in ChannelsLast.
std::shared_ptr<const ResizePlan> resize_plan(const PlanContext& context, DType dtype) {
  std::vector<AxisScaling> axes = scalings_of(context);
  if (context.layout(0) == Layout::ChannelsLast) {
    const int64_t lanes = padded_channels(axes[1].in);
    axes = {axes[0], axes[2], axes[3], {.in = lanes, .out = lanes}};
  }
  const auto arithmetic = dtype == DType::Double ? Arithmetic::Double : Arithmetic::Float;
  std::vector<int64_t> shape;
  std::vector<kernels::AxisFilter> filters;
  for (const AxisScaling& axis : axes) {
    shape.push_back(axis.in);
    filters.push_back(filter_of(context, axis, arithmetic));
  }
  return std::make_shared<const ResizePlan>(kernels::plan_resize(
      shape, std::move(filters), element_bytes(dtype), extrapolation_bits(context, dtype)));
}

void run_plan(const ResizePlan& plan, const void* in, void* out, size_t bytes, std::byte* scratch,
              ThreadPool& pool) {
  if (plan.passes.empty()) {
    std::memcpy(out, in, bytes);
  } else {
    kernels::resize(plan, in, out, scratch, pool);
  }
}

// Integers are rounded, halves to even, and saturate.
template <class To, class Real>
void from_reals(const void* from, void* to, int64_t count) noexcept {
  for (int64_t i = 0; i < count; ++i) {
    const Real x = static_cast<const Real*>(from)[i];
    static_cast<To*>(to)[i] =
        kernels::element_cast<To>(std::is_integral_v<To> ? std::nearbyint(x) : x);
  }
}

struct Conversion {
  kernels::ConvertRow row;
  size_t from_bytes;
  size_t to_bytes;

  void run(const std::byte* from, std::byte* to, int64_t count, ThreadPool& pool) const {
    constexpr int64_t kGrain = 8192;
    pool.parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
      const auto first = static_cast<size_t>(begin);
      row(from + first * from_bytes, to + first * to_bytes, end - begin);
    });
  }
};

// Interpolation of other types happens in `real`, between two conversions.
Kernel plan_through(PlanContext& context, DType real, const Conversion& to_real,
                    const Conversion& back) {
  const auto plan = resize_plan(context, real);
  const int64_t in_count = context.shape(0).elements();
  const int64_t out_count = context.output_shape(0).elements();
  const auto memory = [real](int64_t elements) {
    return (bytes_of(real, static_cast<uint64_t>(elements)) + 63) / 64 * 64;
  };
  const uint64_t in_bytes = memory(in_count), out_bytes = memory(out_count);
  context.reserve_scratch(in_bytes + out_bytes + plan->scratch_bytes());
  const size_t copied = checked_size(bytes_of(real, static_cast<uint64_t>(out_count)));
  return [=](RunContext& run) {
    std::byte* in = run.scratch();
    std::byte* out = run.scratch() + in_bytes;
    to_real.run(run.in<std::byte>(0), in, in_count, run.pool());
    run_plan(*plan, in, out, copied, run.scratch() + in_bytes + out_bytes, run.pool());
    back.run(out, run.out<std::byte>(0), out_count, run.pool());
  };
}

// What holds most: float does not tell integers from 2^24 on apart, double those from 2^53 on.
template <class T>
using RealOf = std::conditional_t<std::is_integral_v<T> && sizeof(T) >= 4, double, float>;

Kernel plan_interpolation_of_others(PlanContext& context) {
  return dispatch_with_integers<Half, BFloat>(context.dtype(0), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Real = RealOf<T>;
    return plan_through(context, dtype_of<Real>,
                        {kernels::convert_bytes<Real, T>, sizeof(T), sizeof(Real)},
                        {from_reals<T, Real>, sizeof(Real), sizeof(T)});
  });
}

Kernel plan_resize(PlanContext& context) {
  const DType dtype = context.dtype(0);
  if (context.output_shape(0).elements() == 0) return [](RunContext&) {};
  if (attributes_of(context).method.interpolation != Interpolation::Nearest &&
      !kFloat32And64.contains(dtype)) {
    return plan_interpolation_of_others(context);
  }
  const auto plan = resize_plan(context, dtype);
  const size_t bytes =
      checked_size(bytes_of(dtype, context.output_shape(0), context.output_layout(0)));
  context.reserve_scratch(plan->scratch_bytes());
  return [plan, bytes](RunContext& run) {
    run_plan(*plan, run.in<std::byte>(0), run.out<std::byte>(0), bytes, run.scratch(), run.pool());
  };
}

// Images whose channels stay apart; the extrapolation value would also fill padding lanes.
void layout_resize(LayoutContext& context) {
  const bool channels_stay =
      context.shape(0).rank() == 4 && context.shape(0)[1] == context.output_shape(0)[1];
  const CoordinateMode coordinates = attributes_of(context).method.coordinates;
  if (channels_stay && coordinates != CoordinateMode::TfCropAndResize) {
    follow_input_layout(context);
  }
}

// How many times larger nearest-neighbour repetition makes an axis; 0 where it is something else.
int64_t repetition(const ResizeMethod& method, const AxisScaling& axis) {
  if (axis.in < 1 || axis.out < 1 || axis.out % axis.in != 0) return 0;
  const int64_t times = axis.out / axis.in;
  const kernels::AxisFilter filter = kernels::make_axis_filter(method, axis);
  for (int64_t i = 0; i < axis.out; ++i) {
    if (filter.first[static_cast<size_t>(i)] != i / times) return 0;
  }
  return times;
}

// Repetition of pixels, which is what Upsample 7 does to a band too.
std::optional<BandRule> bands_resize(const NodeContext& context, const Shape& output) {
  const ResizeMethod& method = attributes_of(context).method;
  const auto axes = scalings_of(context);
  const bool channels_stay =
      output.rank() == 4 && axes[0].in == output[0] && axes[1].in == output[1];
  if (!channels_stay || method.interpolation != Interpolation::Nearest ||
      method.coordinates == CoordinateMode::TfCropAndResize) {
    return std::nullopt;
  }
  const int64_t down = repetition(method, axes[2]), across = repetition(method, axes[3]);
  if (down == 0 || across == 0) return std::nullopt;
  BandRule rule{{{.whole = false, .den = down}}, context.node()};
  rule.node.op_type = "Upsample";
  rule.node.opset = 7;
  rule.node.inputs.resize(1);
  rule.node.attributes = {};
  rule.node.attributes.set(
      "scales", std::vector<float>{1, 1, static_cast<float>(down), static_cast<float>(across)});
  return rule;
}

using Types = std::array<TypeVariable, 4>;

// The operand `scales` only, or with the region before and sizes behind it.
constexpr Types kScaled = {type_of_input(0, kFixedSize), type_of_input(1, kFloat32)};
constexpr Types kScaledOrSized = {type_of_input(0, kFixedSize), type_of_input(1, kFloats),
                                  type_of_input(2, kFloat32), type_of_input(3, kIndices)};

constexpr OpDef resize(std::string_view op_type, int since, int until, Arity inputs,
                       const Types& types, InputList content_inputs) {
  return {.op_type = op_type,
          .since = since,
          .until = until,
          .meaning = {.inputs = inputs,
                      .types = types,
                      .infer = infer_resize,
                      .content_inputs = content_inputs,
                      .window = window_resize},
          .cpu = {.plan = plan_resize, .layout = layout_resize, .bands = bands_resize}};
}

constexpr OpDef kOps[] = {
    resize("Upsample", 7, 9, {1, 2}, kScaled, {1}),
    resize("Resize", 10, 10, {2, 2}, kScaled, {1}),
    resize("Resize", 11, kLatestOpset, {1, 4}, kScaledOrSized, {1, 2, 3}),
};

}  // namespace

extern constinit const OpFamily resize_ops = kOps;

}  // namespace fovea
