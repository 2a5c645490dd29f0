#include "ops/core/spatial.h"

#include <algorithm>

#include "base/integers.h"

namespace fovea {
namespace {

// Sizes and attributes lie below, so that (size - 1) * stride + (kernel - 1) * dilation fits int64.
constexpr int64_t kLimit = int64_t{1} << 31;

// The values of an attribute, which have to be of this size; none where it is not there.
std::vector<int64_t> sizes_in(const Attributes& attributes, std::string_view name,
                              int64_t smallest) {
  std::vector<int64_t> values = attributes.get_ints(name);
  const auto fits = [&](int64_t value) { return value >= smallest && value < kLimit; };
  if (!std::ranges::all_of(values, fits)) {
    throw Error(ErrorCode::MalformedModel, text(name, " must be at least ", smallest,
                                                " and less than 2^31, but are ", Shape(values)))
        .with("attribute", std::string(name));
  }
  return values;
}

AutoPad auto_pad_in(const Attributes& attributes) {
  const std::string name = attributes.get_string("auto_pad", "NOTSET");
  if (name == "NOTSET" || name.empty()) return AutoPad::NotSet;
  if (name == "VALID") return AutoPad::Valid;
  if (name == "SAME_UPPER") return AutoPad::SameUpper;
  if (name == "SAME_LOWER") return AutoPad::SameLower;
  throw Error(ErrorCode::MalformedModel,
              text("auto_pad must be NOTSET, VALID, SAME_UPPER or SAME_LOWER, not '", name, "'"))
      .with("attribute", "auto_pad");
}

int64_t groups_in(const Attributes& attributes) {
  const int64_t groups = attributes.get_int("group", 1);
  if (groups < 1) {
    throw Error(ErrorCode::MalformedModel, text("group must be at least 1, but is ", groups))
        .with("attribute", "group");
  }
  return groups;
}

// `count` values of an attribute: as written, or `fallback` each.
std::vector<int64_t> of_axes(const NodeContext& context, std::string_view name,
                             const std::vector<int64_t>& written, size_t count, int64_t fallback) {
  if (written.empty()) return std::vector<int64_t>(count, fallback);
  if (written.size() != count) {
    throw Error(ErrorCode::MalformedModel,
                text(context.node().op_type, " of an input of shape ", context.shape(0), " needs ",
                     count, " ", name, ", but has ", Shape(written)))
        .with("attribute", std::string(name));
  }
  return written;
}

// Input sizes, kernel, strides and dilations; the output still equals the input.
std::vector<SpatialAxis> axes_of(const NodeContext& context, const WindowAttributes& window,
                                 std::span<const int64_t> kernel) {
  const Shape& shape = context.shape(0);
  const size_t count = kernel.size();
  if (shape.rank() < kFirstSpatial + 1 ||
      static_cast<size_t>(shape.rank() - kFirstSpatial) != count) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " with a kernel of ", count,
         " axes cannot take an input of shape ", shape);
  }
  const auto strides = of_axes(context, "strides", window.strides, count, 1);
  const auto dilations = of_axes(context, "dilations", window.dilations, count, 1);
  std::vector<SpatialAxis> axes(count);
  for (size_t i = 0; i < count; ++i) {
    const int64_t in = shape[static_cast<int>(i) + kFirstSpatial];
    axes[i] = {in, in, kernel[i], strides[i], dilations[i], 0, 0};
    if (in >= kLimit) {
      fail(ErrorCode::InvalidInput, context.node().op_type, " cannot take an input of shape ",
           shape, ": its spatial sizes must be less than 2^31");
    }
  }
  return axes;
}

// Of a convolution, whose kernel is that of its weights.
std::vector<SpatialAxis> weighted_axes(const NodeContext& context, const WindowAttributes& window,
                                       std::span<const int64_t> kernel) {
  const auto fits = [](int64_t size) { return size >= 1 && size < kLimit; };
  if (!std::ranges::all_of(kernel, fits)) {
    fail(ErrorCode::MalformedModel, context.node().op_type, " has a kernel of shape ",
         Shape(kernel), ", whose sizes must be at least 1 and less than 2^31");
  }
  if (!window.kernel_shape.empty() && !std::ranges::equal(window.kernel_shape, kernel)) {
    throw Error(ErrorCode::MalformedModel,
                text(context.node().op_type, " has the kernel_shape ", Shape(window.kernel_shape),
                     ", but weights with a kernel of ", Shape(kernel)))
        .with("attribute", "kernel_shape");
  }
  return axes_of(context, window, kernel);
}

bool is_same(AutoPad mode) { return mode == AutoPad::SameUpper || mode == AutoPad::SameLower; }

void set_pads(const NodeContext& context, const WindowAttributes& window,
              std::vector<SpatialAxis>& axes) {
  const auto pads = of_axes(context, "pads", window.pads, 2 * axes.size(), 0);
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
void slide(const NodeContext& context, const WindowAttributes& window,
           std::vector<SpatialAxis>& axes, bool ceil, int64_t smallest) {
  const AutoPad mode = window.auto_pad;
  set_pads(context, window, axes);
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

WindowAttributes::WindowAttributes(const Attributes& attributes)
    : kernel_shape(sizes_in(attributes, "kernel_shape", 1)),
      strides(sizes_in(attributes, "strides", 1)),
      dilations(sizes_in(attributes, "dilations", 1)),
      auto_pad(auto_pad_in(attributes)) {
  if (auto_pad == AutoPad::NotSet) pads = sizes_in(attributes, "pads", 0);
}

ConvAttributes ConvAttributes::parse(const Attributes& attributes, int) {
  return {WindowAttributes(attributes), groups_in(attributes)};
}

ConvTransposeAttributes ConvTransposeAttributes::parse(const Attributes& attributes, int) {
  return {WindowAttributes(attributes), groups_in(attributes),
          sizes_in(attributes, "output_padding", 0), attributes.get_ints("output_shape")};
}

PoolAttributes PoolAttributes::parse(const Attributes& attributes, int) {
  const auto flag = [&](std::string_view name) { return attributes.get_int(name, 0) != 0; };
  return {WindowAttributes(attributes), flag("ceil_mode"), flag("count_include_pad"),
          flag("storage_order")};
}

std::vector<SpatialAxis> convolution_axes(const NodeContext& context,
                                          std::span<const int64_t> kernel) {
  const WindowAttributes& window = context.attributes_as<ConvAttributes>().window;
  std::vector<SpatialAxis> axes = weighted_axes(context, window, kernel);
  slide(context, window, axes, false, 1);
  return axes;
}

std::vector<SpatialAxis> pooling_axes(const NodeContext& context) {
  const auto& attributes = context.attributes_as<PoolAttributes>();
  const WindowAttributes& window = attributes.window;
  std::vector<SpatialAxis> axes = axes_of(context, window, window.kernel_shape);
  // A window that fits nowhere makes a result without elements, as elsewhere.
  slide(context, window, axes, attributes.ceil, 0);
  return axes;
}

std::vector<SpatialAxis> transposed_axes(const NodeContext& context,
                                         std::span<const int64_t> kernel) {
  const auto& attributes = context.attributes_as<ConvTransposeAttributes>();
  const WindowAttributes& window = attributes.window;
  std::vector<SpatialAxis> axes = weighted_axes(context, window, kernel);
  const size_t count = axes.size();
  const auto output_padding =
      of_axes(context, "output_padding", attributes.output_padding, count, 0);
  const AutoPad mode = window.auto_pad;
  // Some exporters write [N, C, spatial...].
  std::vector<int64_t> wanted = attributes.output_shape;
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
  if (wanted.empty()) set_pads(context, window, axes);
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

Window sliding_window(int axis, const SpatialAxis& spatial) {
  return {.kind = Window::Kind::Along,
          .axis = axis,
          .num = spatial.stride,
          .span = {-spatial.pad_begin, spatial.reach() - 1 - spatial.pad_begin}};
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
