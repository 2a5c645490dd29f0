// Values that may be missing: Optional, OptionalHasElement, OptionalGetElement.

#include "ops/op.h"

namespace fovea {
namespace {

// A value that is there is an optional by itself, see Tensor.
void infer_optional(InferContext& context) {
  if (context.has_input(0)) {
    infer_like_input(context);
  } else {
    context.set_content(0, Tensor::absent());
  }
}

void infer_has_element(InferContext& context) {
  const bool has = context.has_input(0) && context.dtype(0) != DType::Absent;
  context.set_content(0, Tensor::of<bool>({}, {has}));
}

void infer_get_element(InferContext& context) {
  if (context.dtype(0) == DType::Absent) {
    fail(ErrorCode::InvalidInput, "OptionalGetElement of an optional without a value");
  }
  infer_like_input(context);
}

constexpr OpDef optional(std::string_view op_type, Arity inputs, InferRule infer,
                         ElementTypeRule element_type) {
  return {.op_type = op_type,
          .since = 15,
          .meaning = {.inputs = inputs,
                      .types = {type_of_input(0, kAnything)},
                      .infer = infer,
                      .element_type = element_type},
          .cpu = {.reuse = Reuse::View}};
}

constexpr OpDef kOps[] = {
    optional("Optional", {0, 1}, infer_optional, like_input<0>),
    optional("OptionalHasElement", {0, 1}, infer_has_element, always<DType::Bool>),
    optional("OptionalGetElement", {1, 1}, infer_get_element, like_input<0>),
};

}  // namespace

extern constinit const OpFamily optional_ops = kOps;

}  // namespace fovea
