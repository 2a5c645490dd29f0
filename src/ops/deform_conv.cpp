// DeformConv, and the names it had elsewhere before ONNX had it: MMCVDeformConv2d,
// MMCVModulatedDeformConv2d, torchvision's deform_conv2d.

#include <algorithm>

#include "base/integers.h"
#include "kernels/resize/sampling.h"
#include "ops/core/function.h"
#include "ops/core/spatial.h"

namespace fovea {
namespace {

using kernels::DeformedColumns;

// ---- columns: what is multiplied by the weights, some rows of the output at a time ----

std::vector<SpatialAxis> axes_of_columns(const NodeContext& context) {
  return convolution_axes(context, context.attributes().get_ints("kernel_shape"));
}

DeformedColumns columns_of(const NodeContext& context) {
  const Attributes& attributes = context.attributes();
  DeformedColumns columns;
  columns.batch = context.shape(0)[0];
  columns.channels = context.shape(0)[1];
  columns.offset_groups = attributes.get_int("offset_group", 1);
  columns.first_row = attributes.get_int("first_row", 0);
  columns.rows = attributes.get_int("rows", 0);
  columns.axis_count = 0;
  for (const SpatialAxis& axis : axes_of_columns(context)) {
    columns.axes[static_cast<size_t>(columns.axis_count++)] = {
        axis.in, axis.out, axis.kernel, axis.stride, axis.dilation, axis.pad_begin};
  }
  return columns;
}

void infer_columns(InferContext& context) {
  const DeformedColumns columns = columns_of(context);
  context.set_output(0, context.dtype(0),
                     {columns.batch, columns.channels, columns.kernel_size(), columns.made()});
}

Kernel plan_columns(PlanContext& context) {
  return dispatch<float, double>(context.dtype(0), [&](auto tag) -> Kernel {
    using T = typename decltype(tag)::type;
    return [columns = columns_of(context)](RunContext& run) {
      kernels::deformed_columns(columns, run.in<T>(0), run.in<T>(1), run.in<T>(2), run.out<T>(0),
                                run.pool());
    };
  });
}

int64_t macs_of_columns(const NodeContext& context, const Shape& output) {
  return saturating_product(output.elements(), int64_t{1} << columns_of(context).axis_count);
}

// ---- DeformConv ----

// Bytes of the columns that are there at once.
constexpr int64_t kColumnBytes = 32 << 20;

struct Deformed {
  std::vector<SpatialAxis> axes;
  std::vector<int64_t> kernel;
  int64_t groups;
  int64_t offset_groups;
  Shape output;
};

void require_shape(const NodeContext& context, int input, const Shape& expected) {
  if (!context.has_input(input) || context.shape(input) == expected) return;
  fail(ErrorCode::InvalidInput, "DeformConv needs an input ", input, " of shape ", expected,
       ", not ", context.shape(input));
}

Deformed deformed(const NodeContext& context) {
  const Shape &in = context.shape(0), &weights = context.shape(1);
  if (weights.rank() < 3 || weights.rank() != in.rank()) {
    fail(ErrorCode::InvalidInput, "DeformConv of ", in, " cannot have weights of shape ", weights);
  }
  Deformed result;
  result.kernel = {weights.begin() + 2, weights.end()};
  result.axes = convolution_axes(context, result.kernel);
  if (result.axes.size() > kernels::kMaxSampledAxes) {
    fail(ErrorCode::UnsupportedAttribute, "DeformConv is supported for up to ",
         kernels::kMaxSampledAxes, " spatial axes, not ", result.axes.size());
  }
  result.groups = context.attributes_as<ConvAttributes>().groups;
  result.offset_groups = context.attributes().get_int("offset_group", 1);
  const bool fit = result.offset_groups > 0 && in[1] > 0 && in[1] % result.offset_groups == 0 &&
                   in[1] == saturating_product(weights[1], result.groups) &&
                   weights[0] % result.groups == 0;
  if (!fit) {
    fail(ErrorCode::InvalidInput, "DeformConv of ", in, " cannot have weights of shape ", weights,
         " in ", result.groups, " groups and ", result.offset_groups, " of offsets");
  }
  result.output = output_shape(in[0], weights[0], result.axes);
  Shape offsets = result.output, mask = result.output;
  mask[1] = saturating_product(result.offset_groups, weights.elements(2, weights.rank()));
  offsets[1] = saturating_product(mask[1], std::ssize(result.axes));
  require_shape(context, 2, offsets);
  require_shape(context, 3, {weights[0]});
  require_shape(context, 4, mask);
  if (in.elements(2, in.rank()) >= int64_t{1} << 31 || in.elements(2, in.rank()) == 0) {
    fail(ErrorCode::InvalidInput, "DeformConv of images of shape ", in,
         ": they must have at least 1 and less than 2^31 elements");
  }
  return result;
}

// Rows of the output's first axis whose columns fit kColumnBytes, at least one.
int64_t rows_at_once(const NodeContext& context, const Deformed& conv) {
  const Shape& out = conv.output;
  int64_t row_bytes = saturating_product(context.shape(0).elements(0, 2),
                                         context.shape(1).elements(2, context.shape(1).rank()));
  row_bytes = saturating_product(row_bytes, out.elements(3, out.rank()));
  row_bytes = saturating_product(row_bytes, static_cast<int64_t>(element_bytes(context.dtype(0))));
  return std::max<int64_t>(kColumnBytes / std::max<int64_t>(row_bytes, 1), 1);
}

ValueId reshaped(Function& f, ValueId id, const Shape& shape) {
  return f.op("Reshape", {id, f.ints(shape.dims())}, {{"allowzero", int64_t{1}}});
}

Graph deform_conv(const NodeContext& context) {
  const Deformed conv = deformed(context);
  const Shape &in = context.shape(0), &out = conv.output;
  Function f(context);
  std::vector<int64_t> strides, dilations, begins, ends;
  for (const SpatialAxis& axis : conv.axes) {
    strides.push_back(axis.stride);
    dilations.push_back(axis.dilation);
    begins.push_back(axis.pad_begin);
    ends.push_back(axis.pad_end);
  }
  begins.insert(begins.end(), ends.begin(), ends.end());
  const int64_t depth = in[1] / conv.groups * context.shape(1).elements(2, in.rank());
  const ValueId weights = reshaped(f, f.in(1), {conv.groups, out[1] / conv.groups, depth});
  const int64_t step = rows_at_once(context, conv);
  std::vector<ValueId> parts;
  for (int64_t row = 0; row < out[2] || row == 0; row += step) {
    Shape part = out;
    part[2] = std::min(step, out[2] - row);
    const ValueId columns =
        f.ops_of(kInternalDomain, "DeformedColumns", {f.in(0), f.in(2), f.in(4)}, 1,
                 {{"kernel_shape", conv.kernel},
                  {"strides", strides},
                  {"dilations", dilations},
                  {"pads", begins},
                  {"offset_group", conv.offset_groups},
                  {"first_row", row},
                  {"rows", part[2]}})[0];
    const Shape matrices = {in[0], conv.groups, depth, part.elements(2, part.rank())};
    const ValueId product = f.op("MatMul", {weights, reshaped(f, columns, matrices)});
    parts.push_back(reshaped(f, product, part));
  }
  ValueId result = parts.size() == 1 ? parts[0] : f.op("Concat", parts, {{"axis", int64_t{2}}});
  if (context.has_input(3)) {
    Shape channels(std::vector<int64_t>(conv.axes.size() + 1, 1));
    channels[0] = out[1];
    result = f.op("Add", {result, reshaped(f, f.in(3), channels)});
  }
  return f.giving({result});
}

// ---- other names ----

// One number stands for both axes, as elsewhere; four are pairs of begin and end.
std::vector<int64_t> both_axes(const NodeContext& context, std::string_view name,
                               int64_t fallback) {
  std::vector<int64_t> values = context.attributes().get_ints(name, {fallback, fallback});
  if (values.size() == 1) values.push_back(values[0]);
  if (values.size() == 4) values = {values[0], values[2], values[1], values[3]};
  return values;
}

// `inputs` are those of DeformConv.
Graph mmcv_deform_conv(const NodeContext& context, Function& f, std::vector<ValueId> inputs) {
  std::vector<int64_t> pads = both_axes(context, "padding", 0);
  if (pads.size() == 2) pads.insert(pads.end(), {pads[0], pads[1]});
  const Attributes& attributes = context.attributes();
  return f.giving({f.op("DeformConv", std::move(inputs),
                        {{"strides", both_axes(context, "stride", 1)},
                         {"pads", pads},
                         {"dilations", both_axes(context, "dilation", 1)},
                         {"group", attributes.get_int("groups", 1)},
                         {"offset_group", attributes.get_int("deform_groups", 1)}})});
}

// Inputs: images, offsets, weights.
Graph plain_deform_conv(const NodeContext& context) {
  Function f(context);
  return mmcv_deform_conv(context, f, {f.in(0), f.in(2), f.in(1)});
}

// Inputs: images, offsets, mask, weights and, where there is one, bias.
Graph modulated_deform_conv(const NodeContext& context) {
  Function f(context);
  return mmcv_deform_conv(context, f, {f.in(0), f.in(3), f.in(1), f.in(4), f.in(2)});
}

// Inputs: images, weights, offsets, mask, bias and, as numbers, stride, padding and dilation of
// both axes, groups, groups of offsets, and whether the mask counts.
Graph torchvision_deform_conv(const NodeContext& context) {
  constexpr int kFirstNumber = 5;
  std::vector<int64_t> numbers;
  for (int input = kFirstNumber; input < context.input_count(); ++input) {
    const std::vector<int64_t> number = context.int64s(input);
    if (number.size() != 1) {
      fail(ErrorCode::InvalidInput, "deform_conv2d takes one constant number as input ", input);
    }
    numbers.push_back(number[0]);
  }
  const auto pair = [&](size_t at) { return std::vector<int64_t>{numbers[at], numbers[at + 1]}; };
  std::vector<int64_t> pads = pair(2);
  pads.insert(pads.end(), {numbers[2], numbers[3]});
  const bool masked = numbers[8] != 0;
  Function f(context);
  return f.giving(
      {f.op("DeformConv", {f.in(0), f.in(1), f.in(2), f.in(4), masked ? f.in(3) : kNoValue},
            {{"strides", pair(0)},
             {"pads", pads},
             {"dilations", pair(4)},
             {"group", numbers[6]},
             {"offset_group", numbers[7]}})});
}

using FunctionRule = Graph (*)(const NodeContext&);

constexpr OpDef function(std::string_view domain, std::string_view op_type, Arity inputs,
                         FunctionRule rule) {
  return {.op_type = op_type,
          .domain = domain,
          .meaning = {
              .inputs = inputs, .types = {type_of_all_inputs(kFloat32And64)}, .function = rule}};
}

constexpr OpDef kOps[] = {
    {.op_type = "DeformConv",
     .since = 19,
     .meaning = {.inputs = {3, 5},
                 .types = {type_of_all_inputs(kFloat32And64)},
                 .function = deform_conv}},
    {.op_type = "DeformedColumns",
     .domain = kInternalDomain,
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_all_inputs(kFloat32And64)},
                 .infer = infer_columns,
                 .macs = macs_of_columns,
                 // The offsets may lead anywhere.
                 .window = [](const WindowContext&) { return Window{}; }},
     .cpu = {.plan = plan_columns}},
    function("mmdeploy", "MMCVDeformConv2d", {3, 3}, plain_deform_conv),
    function("mmcv", "MMCVDeformConv2d", {3, 3}, plain_deform_conv),
    function("mmdeploy", "MMCVModulatedDeformConv2d", {4, 5}, modulated_deform_conv),
    function("mmcv", "MMCVModulatedDeformConv2d", {4, 5}, modulated_deform_conv),
    {.op_type = "deform_conv2d",
     .domain = "torchvision",
     .meaning = {.inputs = {14, 14},
                 .types = {type_of_inputs(0, 4, kFloat32And64), type_of_inputs(5, 12, kIndices),
                           type_of_input(13, kIndices | kBool)},
                 .function = torchvision_deform_conv}},
};

}  // namespace

extern constinit const OpFamily deform_conv_ops = kOps;

}  // namespace fovea
