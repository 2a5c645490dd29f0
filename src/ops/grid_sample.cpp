// GridSample, under the names that it had before ONNX had it, too.

#include <algorithm>

#include "base/integers.h"
#include "kernels/resize/sampling.h"
#include "ops/core/function.h"
#include "ops/op.h"

namespace fovea {
namespace {

using kernels::GridSampling;
using kernels::SampleMode;
using kernels::SamplePadding;

// Rank of what an image has besides its spatial axes.
constexpr int kOuterAxes = 2;

// ---- the kernel, for images and grids of one type ----

struct SampleAttributes {
  static SampleAttributes parse(const Attributes& attributes, int) {
    return {static_cast<SampleMode>(attributes.get_int("mode", 0)),
            static_cast<SamplePadding>(attributes.get_int("padding", 0)),
            attributes.get_int("align_corners", 0) != 0};
  }

  SampleMode mode;
  SamplePadding padding;
  bool align_corners;
};

GridSampling sampling_of(const NodeContext& context) {
  const auto& attributes = context.attributes_as<SampleAttributes>();
  const Shape &in = context.shape(0), &grid = context.shape(1);
  GridSampling sampling = {attributes.mode, attributes.padding, attributes.align_corners, in[0],
                           in[1]};
  sampling.axes = in.rank() - kOuterAxes;
  for (int axis = 0; axis < sampling.axes; ++axis) {
    sampling.in[static_cast<size_t>(axis)] = in[axis + kOuterAxes];
  }
  sampling.positions = grid.elements(1, grid.rank() - 1);
  return sampling;
}

// Shape of what is sampled, once image and grid fit.
Shape sampled_shape(const NodeContext& context) {
  const Shape &in = context.shape(0), &grid = context.shape(1);
  const int axes = in.rank() - kOuterAxes;
  const bool fit = axes >= 1 && axes <= kernels::kMaxSampledAxes && grid.rank() == in.rank() &&
                   grid[0] == in[0] && grid[grid.rank() - 1] == axes;
  if (!fit) {
    fail(ErrorCode::InvalidInput, "a grid of shape ", grid, " cannot sample images of shape ", in);
  }
  Shape out = {in[0], in[1]};
  for (int axis = 1; axis < grid.rank() - 1; ++axis) out.push_back(grid[axis]);
  const int64_t size = in.elements(kOuterAxes, in.rank());
  if (size >= int64_t{1} << 31 || (size == 0 && out.elements() > 0)) {
    fail(ErrorCode::InvalidInput, "images of shape ", in,
         " cannot be sampled: they must have at least 1 and less than 2^31 elements");
  }
  return out;
}

void infer_sample(InferContext& context) {
  context.set_output(0, context.dtype(0), sampled_shape(context));
}

// An element may come from anywhere in its image.
Window window_sample(const WindowContext& context) {
  const int axis = context.axis();
  if (context.input() == 0) return axis < kOuterAxes ? same_place(axis) : Window{};
  if (axis == 0) return same_place(axis);
  return axis < context.shape(1).rank() - 1 ? same_place(axis + 1) : Window{};
}

void sample_layout(LayoutContext& context) {
  if (context.layout(0) != Layout::ChannelsLast) return;
  context.accept(0, context.form(0));
  context.produce(0, context.form(0));
}

Kernel plan_sample(PlanContext& context) {
  const GridSampling sampling = sampling_of(context);
  if (context.layout(0) == Layout::ChannelsLast) {
    return [sampling](RunContext& run) {
      kernels::grid_sample_channels_last(sampling, run.in<float>(0), run.in<float>(1),
                                         run.out<float>(0), padded_channels(sampling.channels),
                                         run.pool());
    };
  }
  return dispatch<float, double>(context.dtype(0), [&](auto tag) -> Kernel {
    using T = typename decltype(tag)::type;
    return [sampling](RunContext& run) {
      kernels::grid_sample(sampling, run.in<T>(0), run.in<T>(1), run.out<T>(0), run.pool());
    };
  });
}

int64_t macs_of_sample(const NodeContext& context, const Shape& output) {
  return saturating_product(output.elements(), sampling_of(context).taps());
}

// ---- GridSample ----

template <class Value>
struct Choice {
  std::string_view name;
  Value value;
};

template <class Value>
Value choose(const NodeContext& context, std::string_view attribute,
             std::initializer_list<Choice<Value>> choices) {
  const std::string name = context.attributes().get_string(attribute, choices.begin()->name);
  for (const auto& choice : choices) {
    if (choice.name == name) return choice.value;
  }
  throw Error(ErrorCode::UnsupportedAttribute,
              text("GridSample does not know ", attribute, " '", name, "'"))
      .with("attribute", std::string(attribute));
}

// The names of opset 16 and those of 20.
SampleAttributes written_attributes(const NodeContext& context) {
  return {choose<SampleMode>(context, "mode",
                             {{"linear", SampleMode::Linear},
                              {"bilinear", SampleMode::Linear},
                              {"nearest", SampleMode::Nearest},
                              {"cubic", SampleMode::Cubic},
                              {"bicubic", SampleMode::Cubic}}),
          choose<SamplePadding>(context, "padding_mode",
                                {{"zeros", SamplePadding::Zeros},
                                 {"border", SamplePadding::Border},
                                 {"reflection", SamplePadding::Reflection}}),
          context.attributes().get_int("align_corners", 0) != 0};
}

ValueId cast(Function& f, ValueId id, DType from, DType to) {
  return from == to ? id : f.op("Cast", {id}, {{"to", static_cast<int64_t>(to)}});
}

ValueId sampled(Function& f, const SampleAttributes& attributes, ValueId image, ValueId grid) {
  return f.ops_of(kInternalDomain, "GridSample", {image, grid}, 1,
                  {{"mode", static_cast<int64_t>(attributes.mode)},
                   {"padding", static_cast<int64_t>(attributes.padding)},
                   {"align_corners", int64_t{attributes.align_corners}}})[0];
}

// Elements of any type, which are only moved: their positions are sampled, counted from 1, since
// what is outside is 0.
ValueId nearest_elements(Function& f, const NodeContext& context,
                         const SampleAttributes& attributes, ValueId grid) {
  const Shape &in = context.shape(0), out = sampled_shape(context);
  const int64_t size = in.elements(kOuterAxes, in.rank());
  const int64_t positions = out.elements(kOuterAxes, out.rank());
  Shape one_image = in;
  one_image[1] = 1;
  Tensor places = Tensor::allocate(DType::Double, one_image);
  for (int64_t i = 0; i < places.elements(); ++i) {
    places.mutable_as<double>()[static_cast<size_t>(i)] = static_cast<double>(i % size + 1);
  }
  const ValueId place = f.op("Cast", {sampled(f, attributes, f.constant(std::move(places)), grid)},
                             {{"to", static_cast<int64_t>(DType::Int64)}});
  const auto reshaped = [&](ValueId id, const Shape& shape) {
    return f.op("Reshape", {id, f.ints(shape.dims())}, {{"allowzero", int64_t{1}}});
  };
  const ValueId indices =
      f.op("Expand", {reshaped(place, {in[0], 1, positions}), f.ints({in[0], in[1], positions})});
  const ValueId padded =
      f.op("Pad", {reshaped(f.in(0), {in[0], in[1], size}), f.ints({0, 0, 1, 0, 0, 0})});
  return reshaped(f.op("GatherElements", {padded, indices}, {{"axis", int64_t{2}}}), out);
}

// In float where both are, else in double. What is no number can only be moved.
Graph sample_by(const NodeContext& context, const SampleAttributes& attributes) {
  Function f(context);
  const DType dtype = context.dtype(0), grid_dtype = context.dtype(1);
  const bool floats = dtype == DType::Float && grid_dtype == DType::Float;
  const DType computed = floats ? DType::Float : DType::Double;
  const ValueId grid = cast(f, f.in(1), grid_dtype, computed);
  if (!kFloat32And64.contains(dtype) && attributes.mode == SampleMode::Nearest) {
    return f.giving(
        {nearest_elements(f, context, attributes, cast(f, f.in(1), grid_dtype, DType::Double))});
  }
  if (!kFixedSize.contains(dtype)) {
    fail(ErrorCode::UnsupportedAttribute, "GridSample cannot interpolate ", name_of(dtype));
  }
  const ValueId result = sampled(f, attributes, cast(f, f.in(0), dtype, computed), grid);
  return f.giving({cast(f, result, computed, dtype)});
}

Graph grid_sample(const NodeContext& context) {
  return sample_by(context, written_attributes(context));
}

// PyTorch's aten::grid_sampler, whose modes are numbers.
Graph grid_sampler(const NodeContext& context) {
  constexpr SampleMode kModes[] = {SampleMode::Linear, SampleMode::Nearest, SampleMode::Cubic};
  const Attributes& attributes = context.attributes();
  const int64_t mode = attributes.get_int("interpolation_mode", 0);
  const int64_t padding = attributes.get_int("padding_mode", 0);
  if (mode < 0 || mode > 2 || padding < 0 || padding > 2) {
    fail(ErrorCode::UnsupportedAttribute, "grid_sampler's modes are 0, 1 and 2, not ", mode,
         " and ", padding);
  }
  return sample_by(context, {kModes[mode], static_cast<SamplePadding>(padding),
                             attributes.get_int("align_corners", 0) != 0});
}

using Types = std::array<TypeVariable, 4>;
constexpr Types kSampleTypes = {type_of_input(0, kAnyType), type_of_input(1, kFloat32And64)};

constexpr OpDef kOps[] = {
    {.op_type = "GridSample",
     .since = 16,
     .meaning = {.inputs = {2, 2}, .types = kSampleTypes, .function = grid_sample}},
    {.op_type = "GridSample",
     .domain = "com.microsoft",
     .meaning = {.inputs = {2, 2}, .types = kSampleTypes, .function = grid_sample}},
    {.op_type = "grid_sampler",
     .domain = "mmdeploy",
     .meaning = {.inputs = {2, 2}, .types = kSampleTypes, .function = grid_sampler}},
    {.op_type = "grid_sampler",
     .domain = "mmcv",
     .meaning = {.inputs = {2, 2}, .types = kSampleTypes, .function = grid_sampler}},
    {.op_type = "GridSample",
     .domain = kInternalDomain,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_all_inputs(kFloat32And64)},
                 .infer = infer_sample,
                 .macs = macs_of_sample,
                 .window = window_sample},
     .cpu = {.plan = plan_sample, .layout = sample_layout}},
};

}  // namespace

extern constinit const OpFamily grid_sample_ops = kOps;

}  // namespace fovea
