#include "ops/core/wider.h"

#include <algorithm>

#include "base/bit_packing.h"
#include "base/integers.h"

namespace fovea {
namespace {

using kernels::ConvertRow;

constexpr int64_t kBlock = 512;
// Whole bytes of any type.
constexpr int64_t kGrain = 16384;

template <class Fn>
auto dispatch_numeric(DType dtype, Fn fn) {
  return dispatch_with_integers<float, double, Half, BFloat, bool>(dtype, fn);
}

// A type that there are no C++ objects of: a byte holds one or several of its codes.
bool is_coded(DType dtype) { return is_packed(dtype) || is_minifloat(dtype); }

// double holds every float exactly.
DType widest_of(DType dtype) {
  if (kind_of(dtype) == DTypeKind::Float) return DType::Double;
  return dtype == DType::Uint64 ? DType::Uint64 : DType::Int64;
}

template <class Fn>
auto dispatch_wide(DType wide, Fn fn) {
  return dispatch<double, int64_t, uint64_t>(wide, fn);
}

ConvertRow reader_of(DType from) {
  return dispatch_numeric(from, [](auto tag) -> ConvertRow {
    using From = typename decltype(tag)::type;
    if constexpr (std::is_same_v<From, uint64_t>) {
      return kernels::convert_bytes<uint64_t, From>;
    } else if constexpr (std::is_integral_v<From>) {
      return kernels::convert_bytes<int64_t, From>;
    } else {
      return kernels::convert_bytes<double, From>;
    }
  });
}

ConvertRow writer_of(DType wide, DType to) {
  return dispatch_wide(wide, [to](auto wide_tag) {
    using Wide = typename decltype(wide_tag)::type;
    return dispatch_numeric(to, [](auto tag) -> ConvertRow {
      return kernels::convert_bytes<typename decltype(tag)::type, Wide>;
    });
  });
}

// The code of an integer of less than 8 bits: the low bits of an integer, or of a truncated float.
template <class Wide>
uint8_t integer_code(Wide value) {
  if constexpr (std::is_same_v<Wide, double>) {
    return static_cast<uint8_t>(saturating_cast<int64_t>(value));
  } else {
    return static_cast<uint8_t>(value);
  }
}

}  // namespace

union ElementConversion::Block {
  double doubles[kBlock];
  int64_t int64s[kBlock];
  uint64_t uint64s[kBlock];
};

ElementConversion::ElementConversion(DType from, DType to, Narrowing narrowing)
    : from_(from),
      to_(to),
      wide_(widest_of(from)),
      narrowing_(narrowing),
      direct_(kernels::usual_conversion(from, to)) {
  if (direct_ != nullptr) return;
  if (!is_coded(from)) read_ = reader_of(from);
  if (!is_coded(to)) write_ = writer_of(wide_, to);
}

void ElementConversion::run(const std::byte* from, std::byte* to, int64_t count,
                            ThreadPool& pool) const {
  const auto skip = [](DType dtype, int64_t elements) {
    return bytes_of(dtype, static_cast<uint64_t>(elements));
  };
  pool.parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
    run_part(from + skip(from_, begin), to + skip(to_, begin), end - begin);
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
    read(from, block, length);
    write(block, to, length);
    from += bytes_of(from_, static_cast<uint64_t>(length));
    to += bytes_of(to_, static_cast<uint64_t>(length));
  }
}

void ElementConversion::read(const std::byte* from, Block& block, int64_t count) const {
  if (read_ != nullptr) return read_(from, &block, count);
  uint8_t codes[kBlock];
  unpack_bits(from, bits_of(from_), count, codes);
  if (wide_ == DType::Double) {
    for (int64_t i = 0; i < count; ++i)
      block.doubles[i] = double{minifloat_to_float(from_, codes[i])};
    return;
  }
  // The sign moves into the byte's highest bit, and back through all between.
  const int shift = kind_of(from_) == DTypeKind::Signed ? 8 - bits_of(from_) : 0;
  for (int64_t i = 0; i < count; ++i) {
    const auto moved = static_cast<uint8_t>(codes[i] << shift);
    block.int64s[i] = shift > 0 ? static_cast<int8_t>(moved) >> shift : moved;
  }
}

void ElementConversion::write(const Block& block, std::byte* to, int64_t count) const {
  if (write_ != nullptr) return write_(&block, to, count);
  uint8_t codes[kBlock];
  write_codes(block, codes, count);
  pack_bits(codes, bits_of(to_), count, to);
}

void ElementConversion::write_codes(const Block& block, uint8_t* codes, int64_t count) const {
  dispatch_wide(wide_, [&](auto tag) {
    using Wide = typename decltype(tag)::type;
    const auto* values = reinterpret_cast<const Wide*>(&block);
    for (int64_t i = 0; i < count; ++i) {
      if (!is_minifloat(to_)) {
        codes[i] = integer_code(values[i]);
      } else {
        const float value = round_to_odd(static_cast<double>(values[i]));
        codes[i] = to_ == DType::Float8E8M0
                       ? to_scale(value, narrowing_.rounding, narrowing_.saturate)
                       : float_to_minifloat(to_, value, narrowing_.saturate);
      }
    }
  });
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
          context.prepacked({}, text("wider input ", i), [&] { return widen.of(*constant); });
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
  Kernel kernel = plan(inner);
  context.describe(inner.algorithm());
  context.reserve_scratch(values.bytes + inner.scratch());
  return [=, kernel = std::move(kernel)](RunContext& run) {
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
