// Normalisations and pools that are functions of others: LRN, LpNormalization,
// MeanVarianceNormalization, RMSNormalization, LpPool, GlobalLpPool; and CenterCropPad.

#include <algorithm>
#include <numeric>

#include "ops/core/axes.h"
#include "ops/core/function.h"
#include "ops/core/spatial.h"

namespace fovea {
namespace {

// [first, end)
std::vector<int64_t> axes_from(int first, int end) {
  std::vector<int64_t> axes(static_cast<size_t>(std::max(end - first, 0)));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

void require_rank(const NodeContext& context, int smallest) {
  if (context.shape(0).rank() >= smallest) return;
  fail(ErrorCode::InvalidInput, context.node().op_type, " needs at least ", smallest,
       " axes, not an input of shape ", context.shape(0));
}

// ---- norms ----

// The attribute p, a float before opset 2.
double order_of(const NodeContext& context) {
  const Attributes& attributes = context.attributes();
  const double p = context.opset() < 2 ? static_cast<double>(attributes.get_float("p", 2.0f))
                                       : static_cast<double>(attributes.get_int("p", 2));
  if (!(p > 0)) {
    fail(ErrorCode::MalformedModel, context.node().op_type, "'s p must be positive, but is ", p);
  }
  return p;
}

// |x|^p, and the root that undoes it.
ValueId power(Function& f, DType dtype, ValueId x, double p) {
  if (p == 2) return f.op("Mul", {x, x});
  const ValueId magnitude = f.op("Abs", {x});
  return p == 1 ? magnitude : f.op("Pow", {magnitude, f.scalar(dtype, p)});
}

ValueId root(Function& f, DType dtype, ValueId x, double p) {
  if (p == 1) return x;
  return p == 2 ? f.op("Sqrt", {x}) : f.op("Pow", {x, f.scalar(dtype, 1 / p)});
}

// The mean of the powers in a window, padding included, times the window's elements. The padding is
// written out, so that every window has as many.
Graph lp_pool(const NodeContext& context) {
  Function f(context);
  const DType dtype = context.dtype(0);
  const double p = order_of(context);
  std::vector<int64_t> kernel, strides, dilations, begins, ends;
  double elements = 1;
  for (const SpatialAxis& axis : pooling_axes(context)) {
    kernel.push_back(axis.kernel);
    strides.push_back(axis.stride);
    dilations.push_back(axis.dilation);
    begins.push_back(axis.pad_begin);
    const int64_t reached = (axis.out - 1) * axis.stride + axis.reach();
    ends.push_back(std::max<int64_t>(reached - axis.in - axis.pad_begin, 0));
    elements *= static_cast<double>(axis.kernel);
  }
  begins.insert(begins.end(), ends.begin(), ends.end());
  const ValueId mean = f.op("AveragePool", {power(f, dtype, f.in(0), p)},
                            {{"kernel_shape", kernel},
                             {"strides", strides},
                             {"dilations", dilations},
                             {"pads", begins},
                             {"count_include_pad", int64_t{1}}});
  return f.giving({root(f, dtype, f.op("Mul", {mean, f.scalar(dtype, elements)}), p)});
}

Graph global_lp_pool(const NodeContext& context) {
  require_rank(context, 2);
  Function f(context);
  const DType dtype = context.dtype(0);
  const double p = order_of(context);
  const ValueId axes = f.ints(axes_from(2, context.shape(0).rank()));
  // Without spatial axes every element is pooled by itself.
  const ValueId sum = f.op("ReduceSum", {power(f, dtype, f.in(0), p), axes},
                           {{"noop_with_empty_axes", int64_t{1}}});
  return f.giving({root(f, dtype, sum, p)});
}

Graph lp_normalization(const NodeContext& context) {
  require_rank(context, 1);
  Function f(context);
  const DType dtype = context.dtype(0);
  const int64_t p = context.attributes().get_int("p", 2);
  if (p != 1 && p != 2) {
    fail(ErrorCode::MalformedModel, "LpNormalization's p is 1 or 2, not ", p);
  }
  const int axis = axis_of(context, context.shape(0).rank(), -1);
  const ValueId norm = f.op(p == 1 ? "ReduceL1" : "ReduceL2", {f.in(0), f.ints({axis})});
  // Zeros stay zeros.
  const ValueId is_zero = f.op("Equal", {norm, f.scalar(dtype, 0)});
  const ValueId divisor = f.op("Where", {is_zero, f.scalar(dtype, 1), norm});
  return f.giving({f.op("Div", {f.in(0), divisor})});
}

// ---- normalisations ----

// x^exponent of what is positive; those that networks have by roots, which are faster.
ValueId positive_power(Function& f, DType dtype, ValueId x, double exponent) {
  if (exponent == 1) return x;
  if (exponent != 0.5 && exponent != 0.75) {
    return f.op("Pow", {x, f.scalar(dtype, exponent)});
  }
  const ValueId square_root = f.op("Sqrt", {x});
  return exponent == 0.5 ? square_root : f.op("Mul", {square_root, f.op("Sqrt", {square_root})});
}

// The sum over neighbouring channels, divided by their number, is a mean over windows of zeros and
// channels.
Graph lrn(const NodeContext& context) {
  require_rank(context, 2);
  Function f(context);
  const Attributes& attributes = context.attributes();
  const Shape& shape = context.shape(0);
  const DType dtype = context.dtype(0);
  const int64_t size = attributes.get_int("size", 0);
  if (size < 1 || size >= int64_t{1} << 31) {
    fail(ErrorCode::MalformedModel, "LRN's size must be at least 1 and less than 2^31, but is ",
         size);
  }
  const auto number = [&](std::string_view name, float fallback) {
    return static_cast<double>(attributes.get_float(name, fallback));
  };
  const ValueId images = f.op("Reshape",
                              {f.op("Mul", {f.in(0), f.in(0)}),
                               f.ints({shape[0], 1, shape[1], shape.elements(2, shape.rank())})},
                              {{"allowzero", int64_t{1}}});
  const ValueId mean = f.op("AveragePool", {images},
                            {{"kernel_shape", std::vector<int64_t>{size, 1}},
                             {"pads", std::vector<int64_t>{(size - 1) / 2, 0, size / 2, 0}},
                             {"count_include_pad", int64_t{1}}});
  const ValueId scaled = f.op("Mul", {mean, f.scalar(dtype, number("alpha", 1e-4f))});
  const ValueId sum = f.op("Add", {scaled, f.scalar(dtype, number("bias", 1.0f))});
  const ValueId divisor =
      f.op("Reshape", {positive_power(f, dtype, sum, number("beta", 0.75f)), f.ints(shape.dims())},
           {{"allowzero", int64_t{1}}});
  return f.giving({f.op("Div", {f.in(0), divisor})});
}

// The variance of what the mean is taken from: the mean of squares loses what they have in common.
Graph mean_variance_normalization(const NodeContext& context) {
  Function f(context);
  const DType dtype = context.dtype(0);
  const ValueId axes = f.ints(context.attributes().get_ints("axes", {0, 2, 3}));
  const ValueId shifted = f.op("Sub", {f.in(0), f.op("ReduceMean", {f.in(0), axes})});
  const ValueId variance = f.op("ReduceMean", {f.op("Mul", {shifted, shifted}), axes});
  const ValueId deviation = f.op("Add", {f.op("Sqrt", {variance}), f.scalar(dtype, 1e-9)});
  return f.giving({f.op("Div", {shifted, deviation})});
}

// In X's type at least, whatever stash_type says.
Graph rms_normalization(const NodeContext& context) {
  require_rank(context, 1);
  const Shape& shape = context.shape(0);
  if (broadcast(shape, context.shape(1)) != shape) {
    fail(ErrorCode::InvalidInput, "RMSNormalization has a scale of shape ", context.shape(1),
         ", which does not broadcast to ", shape);
  }
  Function f(context);
  const DType dtype = context.dtype(0);
  const double epsilon = static_cast<double>(context.attributes().get_float("epsilon", 1e-5f));
  const ValueId axes = f.ints(axes_from(axis_of(context, shape.rank(), -1), shape.rank()));
  const ValueId mean = f.op("ReduceMean", {f.op("Mul", {f.in(0), f.in(0)}), axes});
  const ValueId rms = f.op("Sqrt", {f.op("Add", {mean, f.scalar(dtype, epsilon)})});
  ValueId normalized = f.op("Div", {f.in(0), rms});
  if (context.dtype(1) != dtype) {
    normalized = f.op("Cast", {normalized}, {{"to", static_cast<int64_t>(context.dtype(1))}});
  }
  return f.giving({f.op("Mul", {normalized, f.in(1)})});
}

// ---- crops ----

// What is taken off or added at both ends, as Pad counts it; the odd one at the end.
Graph center_crop_pad(const NodeContext& context) {
  const Shape& shape = context.shape(0);
  const std::vector<int64_t> sizes = context.int64s(1);
  std::vector<int64_t> axes = axes_from(0, shape.rank());
  if (context.attributes().has("axes")) axes = context.attributes().get_ints("axes");
  normalize_axes(axes, shape.rank());  // no axis is there twice
  const bool fit = context.shape(1).rank() == 1 && sizes.size() == axes.size() &&
                   std::ranges::none_of(sizes, [](int64_t size) { return size < 0; });
  if (!fit) {
    fail(ErrorCode::InvalidInput, "CenterCropPad of ", axes.size(), " axes of ", shape,
         " cannot take the sizes ", Shape(sizes));
  }
  std::vector<int64_t> begins, ends;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t more = sizes[i] - shape[normalize_axis(axes[i], shape.rank())];
    begins.push_back(more / 2);
    ends.push_back(more - more / 2);
  }
  begins.insert(begins.end(), ends.begin(), ends.end());
  Function f(context);
  return f.giving({f.op("Pad", {f.in(0), f.ints(begins), kNoValue, f.ints(axes)})});
}

using FunctionRule = Graph (*)(const NodeContext&);

constexpr OpDef function(std::string_view op_type, int since, FunctionRule rule) {
  return {.op_type = op_type,
          .since = since,
          .meaning = {.types = {type_of_input(0, kFloat32And64)}, .function = rule}};
}

constexpr OpDef kOps[] = {
    function("LpPool", 1, lp_pool),
    function("GlobalLpPool", 1, global_lp_pool),
    function("LpNormalization", 1, lp_normalization),
    function("LRN", 1, lrn),
    function("MeanVarianceNormalization", 9, mean_variance_normalization),
    {.op_type = "RMSNormalization",
     .since = 23,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_input(0, kFloat32And64), type_of_input(1, kFloat32And64)},
                 .element_type = like_input<1>,
                 .function = rms_normalization}},
    {.op_type = "CenterCropPad",
     .since = 18,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_input(0, kAnyType), type_of_input(1, kIndices)},
                 .function = center_crop_pad,
                 .content_inputs = {1}}},
};

}  // namespace

extern constinit const OpFamily normalization_functions_ops = kOps;

}  // namespace fovea
