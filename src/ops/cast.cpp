// Element types: Cast, CastLike.

#include <algorithm>
#include <cstring>

#include "kernels/elementwise/convert.h"
#include "ops/op.h"

namespace fovea {
namespace {

using kernels::ConvertRow;

// Other than the usual ones, every conversion goes through the widest type of its source's kind, a
// block at a time: readers plus writers are few where all pairs would be 169 functions. double
// holds every float exactly.
constexpr int64_t kBlock = 512;
constexpr int64_t kGrain = 16384;

union Block {
  double doubles[kBlock];
  int64_t int64s[kBlock];
  uint64_t uint64s[kBlock];
};

template <class Fn>
auto dispatch_numeric(DType dtype, Fn fn) {
  return dispatch_with_integers<float, double, Half, BFloat, bool>(dtype, fn);
}

template <class From>
using WidestOf = std::conditional_t<std::is_same_v<From, uint64_t>, uint64_t,
                                    std::conditional_t<std::is_integral_v<From>, int64_t, double>>;

ConvertRow reader_of(DType from) {
  return dispatch_numeric(from, [](auto tag) -> ConvertRow {
    using From = typename decltype(tag)::type;
    return kernels::convert_bytes<WidestOf<From>, From>;
  });
}

template <class Wide>
ConvertRow writer_of(DType to) {
  return dispatch_numeric(to, [](auto tag) -> ConvertRow {
    return kernels::convert_bytes<typename decltype(tag)::type, Wide>;
  });
}

ConvertRow writer_of(DType from, DType to) {
  return dispatch_numeric(
      from, [to](auto tag) { return writer_of<WidestOf<typename decltype(tag)::type>>(to); });
}

Kernel plan_conversion(PlanContext& context) {
  const DType from = context.dtype(0), to = context.output_dtype(0);
  const int64_t count = context.shape(0).elements();
  const auto from_bytes = static_cast<int64_t>(element_bytes(from));
  const auto to_bytes = static_cast<int64_t>(element_bytes(to));
  if (from == to) {
    return [bytes = static_cast<size_t>(count * to_bytes)](RunContext& run) {
      if (bytes > 0) std::memmove(run.out<std::byte>(0), run.in<std::byte>(0), bytes);
    };
  }
  if (const ConvertRow convert = kernels::usual_conversion(from, to)) {
    return [=](RunContext& run) {
      run.pool().parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
        convert(run.in<std::byte>(0) + begin * from_bytes, run.out<std::byte>(0) + begin * to_bytes,
                end - begin);
      });
    };
  }
  const ConvertRow read = reader_of(from), write = writer_of(from, to);
  return [=](RunContext& run) {
    run.pool().parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
      Block block;
      for (int64_t i = begin; i < end; i += kBlock) {
        const int64_t length = std::min(kBlock, end - i);
        read(run.in<std::byte>(0) + i * from_bytes, &block, length);
        write(&block, run.out<std::byte>(0) + i * to_bytes, length);
      }
    });
  };
}

void set_converted(InferContext& context, DType to) {
  for (const DType dtype : {context.dtype(0), to}) {
    if (dtype == DType::String || !is_supported(static_cast<int64_t>(dtype))) {
      fail(ErrorCode::UnsupportedAttribute, "Cast from ", name_of(context.dtype(0)), " to ",
           name_of(to), " is not supported");
    }
  }
  context.set_output(0, to, context.shape(0));
}

void infer_cast(InferContext& context) {
  const int64_t to = context.attributes().get_int("to", 0);
  if (!is_supported(to)) {
    fail(ErrorCode::UnsupportedAttribute, "Cast to data type ", to, " of TensorProto, ",
         info_of(to).name, ", is not supported");
  }
  set_converted(context, static_cast<DType>(to));
}

void infer_cast_like(InferContext& context) { set_converted(context, context.dtype(1)); }

constexpr OpDef kOps[] = {
    {.op_type = "Cast",
     .since = 6,
     .meaning = {.infer = infer_cast},
     .cpu = {.plan = plan_conversion, .reuse = Reuse::InPlace}},
    {.op_type = "CastLike",
     .since = 15,
     .meaning = {.inputs = {2, 2}, .infer = infer_cast_like},
     .cpu = {.plan = plan_conversion}},
};

}  // namespace

extern constinit const OpFamily cast_ops = kOps;

}  // namespace fovea
