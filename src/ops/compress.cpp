// Compress: its output's shape depends on data.

#include "ops/core/evaluate.h"
#include "ops/op.h"

namespace fovea {
namespace {

// The axis that is selected along; nullopt: that of all elements.
std::optional<int> compress_axis(const NodeContext& context) {
  if (!context.attributes().has("axis")) return std::nullopt;
  return normalize_axis(context.attributes().get_int("axis", 0), context.shape(0).rank());
}

void infer_compress(InferContext& context) {
  compress_axis(context);
  if (context.shape(1).rank() != 1) {
    fail(ErrorCode::InvalidInput, "Compress takes a condition of one axis, not of shape ",
         context.shape(1));
  }
  context.set_dynamic_output(0, context.dtype(0));
}

void compress(ComputeContext& context) {
  const std::optional<int> axis = compress_axis(context);
  const Tensor& in = context.tensor(0);
  const Tensor data = axis ? in : in.reshaped({in.elements()});
  const int64_t size = data.shape()[axis.value_or(0)];
  std::vector<int64_t> selected;
  const auto condition = context.tensor(1).as<bool>();
  for (size_t i = 0; i < condition.size(); ++i) {
    if (condition[i]) selected.push_back(static_cast<int64_t>(i));
  }
  if (!selected.empty() && selected.back() >= size) {
    fail(ErrorCode::InvalidInput, "Compress's condition selects place ", selected.back(), " of ",
         size);
  }
  const Tensor inputs[] = {
      data, Tensor::of<int64_t>({std::ssize(selected)}, std::span<const int64_t>(selected))};
  context.set(0,
              evaluate_op("Gather", {{"axis", int64_t{axis.value_or(0)}}}, inputs, context.pool()));
}

constexpr OpDef kOps[] = {
    {.op_type = "Compress",
     .since = 9,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_input(0, kAnyType), type_of_input(1, kBool)},
                 .infer = infer_compress},
     .cpu = {.compute = compress}},
};

}  // namespace

extern constinit const OpFamily compress_ops = kOps;

}  // namespace fovea
