// Element types: Cast, CastLike, BitCast.

#include <cstring>

#include "base/integers.h"
#include "ops/core/text.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

constexpr DTypeSet kCastable = kFixedSize | kSmallIntegers | kMinifloats | DTypeSet{DType::String};

struct CastAttributes {
  static CastAttributes parse(const Attributes& attributes, int opset);

  int64_t to;
  Narrowing narrowing;
};

ScaleRounding rounding_named(const std::string& name) {
  if (name == "up") return ScaleRounding::Up;
  if (name == "down") return ScaleRounding::Down;
  if (name == "nearest") return ScaleRounding::Nearest;
  throw Error(ErrorCode::UnsupportedAttribute,
              text("there is no round_mode '", name, "', only up, down and nearest"))
      .with("attribute", "round_mode");
}

CastAttributes CastAttributes::parse(const Attributes& attributes, int) {
  return {attributes.get_int("to", 0),
          {attributes.get_int("saturate", 1) != 0,
           rounding_named(attributes.get_string("round_mode", "up"))}};
}

Kernel copy_bytes(uint64_t bytes) {
  return [size = checked_size(bytes)](RunContext& run) {
    if (size > 0) std::memmove(run.out<std::byte>(0), run.in<std::byte>(0), size);
  };
}

// None for strings.
Kernel plan_conversion(PlanContext& context) {
  const DType from = context.dtype(0), to = context.output_dtype(0);
  const int64_t count = context.shape(0).elements();
  if (is_object(from) || is_object(to)) return nullptr;
  if (from == to) return copy_bytes(bytes_of(from, static_cast<uint64_t>(count)));
  const Narrowing& narrowing = context.attributes_as<CastAttributes>().narrowing;
  return [=, conversion = ElementConversion(from, to, narrowing)](RunContext& run) {
    conversion.run(run.in<std::byte>(0), run.out<std::byte>(0), count, run.pool());
  };
}

void cast_strings(ComputeContext& context, DType to) {
  const Tensor& in = context.tensor(0);
  if (in.dtype() == to) {
    context.set(0, in);
  } else if (to == DType::String) {
    context.set(0, to_strings(in));
  } else {
    context.set(0, parse_numbers(in, to));
  }
}

void infer_cast(InferContext& context) {
  const int64_t written = context.attributes_as<CastAttributes>().to;
  const DType to = info_of(written).dtype;
  if (!kCastable.contains(to)) {
    fail(ErrorCode::UnsupportedAttribute, "Cast to data type ", written, " of TensorProto, ",
         name_of(to), ", is not supported");
  }
  context.set_output(0, to, context.shape(0));
}

DType type_of_cast(const Node& node, std::span<const DType>, int) {
  return info_of(node.attributes.get_int("to", 0)).dtype;
}

void infer_cast_like(InferContext& context) {
  context.set_output(0, context.dtype(1), context.shape(0));
}

// The last axis is counted in elements of the same size (ONNX: BitCast).
void infer_bit_cast(InferContext& context) {
  const int64_t written = context.attributes().get_int("to", 0);
  const DType from = context.dtype(0), to = info_of(written).dtype;
  if (bits_of(to) == 0 || bits_of(to) != bits_of(from)) {
    fail(ErrorCode::InvalidInput, "BitCast of ", name_of(from), " to ", name_of(to),
         ", whose elements have other sizes");
  }
  context.set_output(0, to, context.shape(0));
}

Kernel plan_bit_cast(PlanContext& context) {
  return copy_bytes(bytes_of(context.dtype(0), static_cast<uint64_t>(context.shape(0).elements())));
}

constexpr OpDef kOps[] = {
    {.op_type = "Cast",
     .meaning = {.types = {type_of_input(0, kCastable)},
                 .infer = infer_cast,
                 .element_type = type_of_cast,
                 .window = window_by_element},
     .cpu = {.plan = plan_conversion,
             .compute =
                 [](ComputeContext& context) {
                   cast_strings(context, type_of_cast(context.node(), {}, 0));
                 },
             .reuse = Reuse::InPlace}},
    {.op_type = "CastLike",
     .since = 15,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_input(0, kCastable), type_of_input(1, kCastable)},
                 .infer = infer_cast_like,
                 .element_type = like_input<1>,
                 .window =
                     [](const WindowContext& context) {
                       return (context.input() == 0 ? window_by_element
                                                    : window_of_nothing)(context);
                     }},
     .cpu = {.plan = plan_conversion,
             .compute = [](ComputeContext& context) { cast_strings(context, context.dtype(1)); }}},
    {.op_type = "BitCast",
     .since = 26,
     .meaning = {.types = {type_of_input(0, kAnyType)},
                 .infer = infer_bit_cast,
                 .element_type = type_of_cast,
                 .window = window_by_element},
     .cpu = {.plan = plan_bit_cast, .reuse = Reuse::InPlace}},
};

}  // namespace

extern constinit const OpFamily cast_ops = kOps;

}  // namespace fovea
