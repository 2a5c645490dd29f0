#include "ops/core/wider.h"

#include <algorithm>

namespace fovea {
namespace {

using kernels::ConvertRow;

constexpr int64_t kBlock = 512;
constexpr int64_t kGrain = 16384;

// double holds every float exactly.
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

}  // namespace

ElementConversion::ElementConversion(DType from, DType to)
    : to_(to),
      from_bytes_(static_cast<int64_t>(element_bytes(from))),
      to_bytes_(static_cast<int64_t>(element_bytes(to))),
      direct_(kernels::usual_conversion(from, to)) {
  if (direct_ != nullptr) return;
  read_ = reader_of(from);
  write_ = writer_of(from, to);
}

void ElementConversion::run(const std::byte* from, std::byte* to, int64_t count,
                            ThreadPool& pool) const {
  pool.parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
    run_part(from + begin * from_bytes_, to + begin * to_bytes_, end - begin);
  });
}

Tensor ElementConversion::of(const Tensor& tensor) const {
  Tensor converted = Tensor::allocate(to_, tensor.shape());
  run_part(tensor.data(), converted.mutable_data(), tensor.elements());
  return converted;
}

void ElementConversion::run_part(const std::byte* from, std::byte* to, int64_t count) const {
  if (direct_ != nullptr) return direct_(from, to, count);
  Block block;
  for (int64_t i = 0; i < count; i += kBlock) {
    const int64_t length = std::min(kBlock, count - i);
    read_(from + i * from_bytes_, &block, length);
    write_(&block, to + i * to_bytes_, length);
  }
}

DType computed_in(DType dtype, DTypeSet natives) {
  if (natives.contains(dtype)) return dtype;
  const DTypeInfo* best = nullptr;
  for (const DTypeInfo& type : all_dtypes()) {
    if (!natives.contains(type.dtype) || !holds(type.dtype, dtype)) continue;
    if (best == nullptr || type.bits < best->bits) best = &type;
  }
  if (best == nullptr) throw_unsupported(dtype);
  return best->dtype;
}

namespace {

// A value that is converted, and where its wider elements lie in scratch memory.
struct Converted {
  size_t index;
  int64_t elements;
  uint64_t offset;
};

// Which of a node's values are converted, and their memory.
struct WiderValues {
  DType narrow;
  DType wide;
  std::vector<Converted> inputs = {};
  std::vector<Converted> outputs = {};
  uint64_t bytes = 0;

  // `type` of the value as the kernel sees it.
  void widen(ValueType& type, size_t index, std::vector<Converted>& values) {
    if (type.dtype != narrow) return;
    type.dtype = wide;
    type.content.reset();
    const int64_t elements = type.shape->elements();
    values.push_back({index, elements, bytes});
    bytes += (bytes_of(wide, static_cast<uint64_t>(elements)) + 63) / 64 * 64;
  }
};

}  // namespace

Kernel plan_in(PlanContext& context, DType wide, PlanRule plan) {
  const auto input_count = static_cast<size_t>(context.input_count());
  const auto output_count = static_cast<size_t>(context.output_count());
  WiderValues values = {context.dtype(0), wide};
  const ElementConversion widen(values.narrow, wide), narrow(wide, values.narrow);
  std::vector<std::pair<size_t, Tensor>> constants;  // by input, converted
  std::vector<ValueType> inputs(input_count), outputs(output_count);
  std::vector<const ValueType*> pointers(input_count);
  for (size_t i = 0; i < input_count; ++i) {
    const ValueType* input = context.input(static_cast<int>(i));
    if (input == nullptr) continue;
    inputs[i] = *input;
    const Tensor* constant = context.constant(static_cast<int>(i));
    if (constant && constant->dtype() == values.narrow) {
      Tensor wider =
          context.prepacked(text("wider input ", i), [&] { return widen.of(*constant); });
      inputs[i] = {wide, wider.shape(), Form(), wider, true};
      constants.emplace_back(i, std::move(wider));
    } else {
      values.widen(inputs[i], i, values.inputs);
    }
    pointers[i] = &inputs[i];
  }
  for (size_t i = 0; i < output_count; ++i) {
    const int index = static_cast<int>(i);
    if (!context.wants_output(index)) continue;
    outputs[i].dtype = context.output_dtype(index);
    outputs[i].shape = context.output_shape(index);
    outputs[i].form = context.output_form(index);
    values.widen(outputs[i], i, values.outputs);
  }
  PlanContext inner(context.node(), pointers, outputs, context.machine());
  const Kernel kernel = plan(inner);
  context.describe(inner.algorithm());
  context.reserve_scratch(values.bytes + inner.scratch());
  return [=](RunContext& run) {
    std::byte* scratch = run.scratch();
    std::vector<const std::byte*> from(input_count);
    std::vector<std::byte*> to(output_count);
    for (size_t i = 0; i < input_count; ++i) from[i] = run.in<std::byte>(static_cast<int>(i));
    for (size_t i = 0; i < output_count; ++i) to[i] = run.out<std::byte>(static_cast<int>(i));
    for (const auto& [index, wider] : constants) from[index] = wider.data();
    for (const Converted& value : values.inputs) {
      std::byte* wider = scratch + value.offset;
      widen.run(from[value.index], wider, value.elements, run.pool());
      from[value.index] = wider;
    }
    for (const Converted& value : values.outputs) to[value.index] = scratch + value.offset;
    RunContext inside(from, to, {}, scratch + values.bytes, run.pool());
    kernel(inside);
    for (const Converted& value : values.outputs) {
      narrow.run(scratch + value.offset, run.out<std::byte>(static_cast<int>(value.index)),
                 value.elements, run.pool());
    }
  };
}

}  // namespace fovea
