// Element types: Cast, CastLike.

#include <cstring>

#include "base/integers.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

Kernel plan_conversion(PlanContext& context) {
  const DType from = context.dtype(0), to = context.output_dtype(0);
  const int64_t count = context.shape(0).elements();
  if (from == to) {
    return [bytes = checked_size(bytes_of(from, static_cast<uint64_t>(count)))](RunContext& run) {
      if (bytes > 0) std::memmove(run.out<std::byte>(0), run.in<std::byte>(0), bytes);
    };
  }
  return [=, conversion = ElementConversion(from, to)](RunContext& run) {
    conversion.run(run.in<std::byte>(0), run.out<std::byte>(0), count, run.pool());
  };
}

void infer_cast(InferContext& context) {
  const int64_t written = context.attributes().get_int("to", 0);
  const DType to = info_of(written).dtype;
  if (!kFixedSize.contains(to)) {
    fail(ErrorCode::UnsupportedAttribute, "Cast to data type ", written, " of TensorProto, ",
         name_of(to), ", is not supported");
  }
  context.set_output(0, to, context.shape(0));
}

void infer_cast_like(InferContext& context) {
  context.set_output(0, context.dtype(1), context.shape(0));
}

constexpr OpDef kOps[] = {
    {.op_type = "Cast",
     .since = 6,
     .meaning = {.types = {type_of_input(0, kFixedSize)}, .infer = infer_cast},
     .cpu = {.plan = plan_conversion, .reuse = Reuse::InPlace}},
    {.op_type = "CastLike",
     .since = 15,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_input(0, kFixedSize), type_of_input(1, kFixedSize)},
                 .infer = infer_cast_like},
     .cpu = {.plan = plan_conversion}},
};

}  // namespace

extern constinit const OpFamily cast_ops = kOps;

}  // namespace fovea
