#include "ops/core/moved.h"

#include "base/bit_packing.h"
#include "base/integers.h"

namespace fovea {
namespace {

bool has_no_kernel(DType dtype) { return is_object(dtype) || is_packed(dtype); }

// The type of elements that no kernel moves; Undefined where all have one.
DType moved_type(const PlanContext& context) {
  for (int i = 0; i < context.output_count(); ++i) {
    if (context.wants_output(i) && has_no_kernel(context.output_dtype(i))) {
      return context.output_dtype(i);
    }
  }
  return DType::Undefined;
}

// A value that is moved by numbers, and where those lie in scratch memory.
struct Numbered {
  int index;
  int64_t elements;
  uint64_t offset = 0;
  int64_t first = 1;  // number of an input's first element; 0 is an element as it is by default
};

struct NumberedValues {
  DType dtype;   // of the elements
  DType number;  // of what stands for them
  std::vector<Numbered> inputs = {};
  std::vector<Numbered> outputs = {};
  uint64_t bytes = 0;

  void add(std::vector<Numbered>& values, int index, int64_t elements, int64_t first = 1) {
    values.push_back({index, elements, bytes, first});
    bytes += static_cast<uint64_t>(
        round_up(static_cast<int64_t>(bytes_of(number, static_cast<uint64_t>(elements))), 64));
  }
  void number_inputs(RunContext& run, std::vector<const std::byte*>& from) const;
  void move_objects(RunContext& run, const int32_t* numbers, int64_t count, void* to) const;
  void give(RunContext& run, const std::byte* numbers, int64_t count, std::byte* to) const;
};

void NumberedValues::number_inputs(RunContext& run, std::vector<const std::byte*>& from) const {
  for (const Numbered& value : inputs) {
    std::byte* place = run.scratch() + value.offset;
    const auto index = static_cast<size_t>(value.index);
    if (is_packed(dtype)) {
      unpack_bits(from[index], bits_of(dtype), value.elements, reinterpret_cast<uint8_t*>(place));
    } else {
      auto* numbers = reinterpret_cast<int32_t*>(place);
      for (int64_t i = 0; i < value.elements; ++i) {
        numbers[i] = static_cast<int32_t>(value.first + i);
      }
    }
    from[index] = place;
  }
}

void NumberedValues::move_objects(RunContext& run, const int32_t* numbers, int64_t count,
                                  void* to) const {
  for (int64_t i = 0; i < count; ++i) {
    for (const Numbered& value : inputs) {
      const int64_t at = numbers[i] - value.first;
      if (at < 0 || at >= value.elements) continue;
      for_objects(dtype, run.in<std::byte>(value.index), to,
                  [&](const auto* objects, auto* target) { target[i] = objects[at]; });
    }
  }
}

void NumberedValues::give(RunContext& run, const std::byte* numbers, int64_t count,
                          std::byte* to) const {
  if (is_packed(dtype)) {
    pack_bits(reinterpret_cast<const uint8_t*>(numbers), bits_of(dtype), count, to);
  } else {
    move_objects(run, reinterpret_cast<const int32_t*>(numbers), count, to);
  }
}

}  // namespace

bool moves_by_number(const PlanContext& context) {
  return context.node().def->cpu.moves && moved_type(context) != DType::Undefined;
}

Kernel plan_by_number(PlanContext& context, PlanRule plan) {
  NumberedValues values = {moved_type(context), DType::Int32};
  if (is_packed(values.dtype)) values.number = DType::Uint8;
  const auto input_count = static_cast<size_t>(context.input_count());
  const auto output_count = static_cast<size_t>(context.output_count());
  std::vector<ValueType> inputs(input_count), outputs(output_count);
  std::vector<const ValueType*> pointers(input_count);
  int64_t first = 1;
  for (size_t i = 0; i < input_count; ++i) {
    const int index = static_cast<int>(i);
    if (!context.has_input(index)) continue;
    inputs[i] = *context.input(index);
    pointers[i] = &inputs[i];
    if (inputs[i].dtype != values.dtype) continue;
    inputs[i].dtype = values.number;
    inputs[i].content.reset();
    values.add(values.inputs, index, inputs[i].shape->elements(), first);
    first += inputs[i].shape->elements();
  }
  for (size_t i = 0; i < output_count; ++i) {
    const int index = static_cast<int>(i);
    if (!context.wants_output(index)) continue;
    outputs[i] = context.output(index);
    if (outputs[i].dtype != values.dtype) continue;
    outputs[i].dtype = values.number;
    values.add(values.outputs, index, outputs[i].shape->elements());
  }
  PlanContext inner(context.node(), pointers, outputs, context.machine());
  Kernel kernel = plan(inner);
  context.reserve_scratch(values.bytes + inner.scratch());
  return [=, kernel = std::move(kernel)](RunContext& run) {
    std::vector<const std::byte*> from(input_count);
    std::vector<std::byte*> to(output_count);
    for (size_t i = 0; i < input_count; ++i) from[i] = run.in<std::byte>(static_cast<int>(i));
    for (size_t i = 0; i < output_count; ++i) to[i] = run.out<std::byte>(static_cast<int>(i));
    values.number_inputs(run, from);
    for (const Numbered& value : values.outputs) {
      to[static_cast<size_t>(value.index)] = run.scratch() + value.offset;
    }
    RunContext inside(from, to, {}, run.scratch() + values.bytes, run.pool());
    kernel(inside);
    for (const Numbered& value : values.outputs) {
      values.give(run, run.scratch() + value.offset, value.elements,
                  run.out<std::byte>(value.index));
    }
  };
}

}  // namespace fovea
