#include "ops/core/spatial.h"

#include <algorithm>

#include "base/integers.h"

namespace fovea {
namespace {

constexpr int kFirstSpatial = 2;
// Sizes and attributes lie below, so that (size - 1) * stride + (kernel - 1) * dilation fits int64.
constexpr int64_t kLimit = int64_t{1} << 31;

// The attribute's values if it is there, checked; else `count` times `fallback`.
std::vector<int64_t> sizes_of(const NodeContext& context, std::string_view name, size_t count,
                              int64_t fallback, int64_t smallest) {
  std::vector<int64_t> values = context.attributes().get_ints(name);
  if (values.empty()) return std::vector<int64_t>(count, fallback);
  const auto [low, high] = std::ranges::minmax(values);
  if (values.size() != count || low < smallest || high >= kLimit) {
    throw Error(
        ErrorCode::MalformedModel,
        text(context.node().op_type, " of an input of shape ", context.shape(0), " needs ", count,
             " ", name, " of at least ", smallest, " and less than 2^31, but has ", Shape(values)))
        .with("attribute", std::string(name));
  }
  return values;
}

// Input sizes, kernel, strides and dilations; the output still equals the input.
std::vector<SpatialAxis> axes_of(const NodeContext& context, std::span<const int64_t> kernel) {
  const Shape& shape = context.shape(0);
  const size_t count = kernel.size();
  if (shape.rank() < kFirstSpatial + 1 ||
      static_cast<size_t>(shape.rank() - kFirstSpatial) != count) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " with a kernel of ", count,
         " axes cannot take an input of shape ", shape);
  }
  const auto strides = sizes_of(context, "strides", count, 1, 1);
  const auto dilations = sizes_of(context, "dilations", count, 1, 1);
  std::vector<SpatialAxis> axes(count);
  for (size_t i = 0; i < count; ++i) {
    const int64_t in = shape[static_cast<int>(i) + kFirstSpatial];
    axes[i] = {in, in, kernel[i], strides[i], dilations[i], 0, 0};
    if (kernel[i] < 1 || kernel[i] >= kLimit) {
      fail(ErrorCode::MalformedModel, context.node().op_type, " has a kernel of shape ",
           Shape(kernel), ", whose sizes must be at least 1 and less than 2^31");
    }
    if (in >= kLimit) {
      fail(ErrorCode::InvalidInput, context.node().op_type, " cannot take an input of shape ",
           shape, ": its spatial sizes must be less than 2^31");
    }
  }
  return axes;
}

enum class AutoPad { NotSet, Valid, SameUpper, SameLower };

AutoPad auto_pad_of(const NodeContext& context) {
  const std::string name = context.attributes().get_string("auto_pad", "NOTSET");
  if (name == "NOTSET" || name.empty()) return AutoPad::NotSet;
  if (name == "VALID") return AutoPad::Valid;
  if (name == "SAME_UPPER") return AutoPad::SameUpper;
  if (name == "SAME_LOWER") return AutoPad::SameLower;
  throw Error(ErrorCode::MalformedModel,
              text(context.node().op_type, " does not know auto_pad '", name, "'"))
      .with("attribute", "auto_pad");
}

bool is_same(AutoPad mode) { return mode == AutoPad::SameUpper || mode == AutoPad::SameLower; }

void read_pads(const NodeContext& context, std::vector<SpatialAxis>& axes) {
  const auto pads = sizes_of(context, "pads", 2 * axes.size(), 0, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    axes[i].pad_begin = pads[i];
    axes[i].pad_end = pads[axes.size() + i];
  }
}

// SAME_UPPER puts the odd one at the end, SAME_LOWER at the beginning.
void split_pads(SpatialAxis& axis, int64_t total, bool odd_at_begin) {
  axis.pad_begin = odd_at_begin ? total - total / 2 : total / 2;
  axis.pad_end = total - axis.pad_begin;
}

// Pads and output sizes of a sliding window, which must be `smallest` or larger.
void slide(const NodeContext& context, std::vector<SpatialAxis>& axes, bool ceil,
           int64_t smallest) {
  const AutoPad mode = auto_pad_of(context);
  if (mode == AutoPad::NotSet) read_pads(context, axes);
  for (SpatialAxis& axis : axes) {
    if (is_same(mode)) {
      axis.out = (axis.in + axis.stride - 1) / axis.stride;
      const int64_t total = (axis.out - 1) * axis.stride + axis.reach() - axis.in;
      split_pads(axis, std::max<int64_t>(total, 0), mode == AutoPad::SameLower);
      continue;
    }
    // What the window can move; with `ceil`, also where it reaches over the end by less than a
    // stride.
    const int64_t room =
        axis.in + axis.pad_begin + axis.pad_end - axis.reach() + (ceil ? axis.stride - 1 : 0);
    axis.out = floor_div(room, axis.stride) + 1;
    if (axis.out < smallest) {
      fail(ErrorCode::InvalidInput, context.node().op_type, " has a window of ", axis.reach(),
           ", larger than an input of shape ", context.shape(0), " with its padding");
    }
    // A window may not begin in the padding at the end.
    if (ceil && (axis.out - 1) * axis.stride >= axis.in + axis.pad_begin) --axis.out;
  }
}

}  // namespace

std::vector<SpatialAxis> convolution_axes(const NodeContext& context,
                                          std::span<const int64_t> kernel) {
  std::vector<SpatialAxis> axes = axes_of(context, kernel);
  slide(context, axes, false, 1);
  return axes;
}

std::vector<SpatialAxis> pooling_axes(const NodeContext& context) {
  const auto kernel = context.attributes().get_ints("kernel_shape");
  std::vector<SpatialAxis> axes = axes_of(context, kernel);
  // A window that fits nowhere makes a result without elements, as elsewhere.
  slide(context, axes, context.attributes().get_int("ceil_mode", 0) != 0, 0);
  return axes;
}

std::vector<SpatialAxis> transposed_axes(const NodeContext& context,
                                         std::span<const int64_t> kernel) {
  std::vector<SpatialAxis> axes = axes_of(context, kernel);
  const size_t count = axes.size();
  const auto output_padding = sizes_of(context, "output_padding", count, 0, 0);
  const AutoPad mode = auto_pad_of(context);
  // Some exporters write [N, C, spatial...].
  auto wanted = context.attributes().get_ints("output_shape");
  if (wanted.size() == count + kFirstSpatial)
    wanted.erase(wanted.begin(), wanted.begin() + kFirstSpatial);
  if (wanted.empty() && is_same(mode)) {
    for (const SpatialAxis& axis : axes) wanted.push_back(axis.in * axis.stride);
  }
  if (!wanted.empty() && wanted.size() != count) {
    throw Error(ErrorCode::MalformedModel,
                text(context.node().op_type, " has an output_shape ", Shape(wanted),
                     " for an input of shape ", context.shape(0)))
        .with("attribute", "output_shape");
  }
  if (wanted.empty() && mode == AutoPad::NotSet) read_pads(context, axes);
  for (size_t i = 0; i < count; ++i) {
    SpatialAxis& axis = axes[i];
    const int64_t whole = (axis.in - 1) * axis.stride + axis.reach() + output_padding[i];
    axis.out = wanted.empty() ? whole - axis.pad_begin - axis.pad_end : wanted[i];
    if (axis.out < 0 || axis.out >= kLimit) {
      fail(ErrorCode::InvalidInput, context.node().op_type, " of an input of shape ",
           context.shape(0), " would have the size ", axis.out);
    }
    if (!wanted.empty()) {
      split_pads(axis, std::max<int64_t>(whole - axis.out, 0), mode != AutoPad::SameUpper);
    }
  }
  return axes;
}

Shape output_shape(int64_t n, int64_t channels, const std::vector<SpatialAxis>& axes) {
  Shape shape{n, channels};
  for (const SpatialAxis& axis : axes) shape.push_back(axis.out);
  return shape;
}

std::array<SpatialAxis, 3> as_three(const NodeContext& context,
                                    const std::vector<SpatialAxis>& axes) {
  std::array<SpatialAxis, 3> out;
  if (axes.size() > out.size()) {
    fail(ErrorCode::UnsupportedAttribute, context.node().op_type,
         " is supported for up to 3 spatial axes, not ", axes.size());
  }
  std::ranges::copy(axes, out.end() - static_cast<std::ptrdiff_t>(axes.size()));
  return out;
}

}  // namespace fovea
