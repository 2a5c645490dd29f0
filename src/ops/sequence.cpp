// Sequences of tensors: SequenceConstruct, SequenceEmpty, SequenceAt, SequenceInsert,
// SequenceErase, SequenceLength, ConcatFromSequence, SplitToSequence.

#include <numeric>

#include "ops/core/evaluate.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr DTypeSet kSequence = {DType::Sequence};

std::vector<Tensor> items_of(const Tensor& sequence) {
  return {sequence.items().begin(), sequence.items().end()};
}

// Of an item; `end` is one more than the last. Counts from the back where it is negative.
size_t position_of(const ComputeContext& context, int input, int64_t end) {
  const auto length = context.tensor(0).shape()[0];
  const std::vector<int64_t> written = to_int64s(context.tensor(input));
  if (written.size() != 1) {
    fail(ErrorCode::InvalidInput, "a position in a sequence is one number, not ", written.size());
  }
  const int64_t position = written[0] < 0 ? written[0] + length : written[0];
  if (position < 0 || position >= end) {
    fail(ErrorCode::InvalidInput, "position ", written[0], " is outside a sequence of ", length,
         " tensors");
  }
  return static_cast<size_t>(position);
}

void infer_construct(InferContext& context) {
  context.set_output(0, DType::Sequence, {context.input_count()});
}

void construct(ComputeContext& context) {
  std::vector<Tensor> items;
  for (int i = 0; i < context.input_count(); ++i) items.push_back(copy_of(context.tensor(i)));
  context.set(0, Tensor::sequence_of(std::move(items)));
}

void infer_empty(InferContext& context) { context.set_content(0, Tensor::sequence_of({})); }

void infer_at(InferContext& context) { context.set_dynamic_output(0, DType::Undefined); }

void at(ComputeContext& context) {
  const Tensor& sequence = context.tensor(0);
  context.set(0, sequence.items()[position_of(context, 1, sequence.shape()[0])]);
}

void infer_insert(InferContext& context) {
  context.set_output(0, DType::Sequence, {context.shape(0)[0] + 1});
}

void insert(ComputeContext& context) {
  std::vector<Tensor> items = items_of(context.tensor(0));
  const auto length = static_cast<int64_t>(items.size());
  const size_t position = context.has_input(2) ? position_of(context, 2, length + 1) : items.size();
  const Tensor& tensor = context.tensor(1);
  if (!items.empty() && items[0].dtype() != tensor.dtype()) {
    fail(ErrorCode::InvalidInput, "a tensor of ", name_of(tensor.dtype()),
         " cannot be inserted into a sequence of ", name_of(items[0].dtype()));
  }
  items.insert(items.begin() + static_cast<std::ptrdiff_t>(position), copy_of(tensor));
  context.set(0, Tensor::sequence_of(std::move(items)));
}

void infer_erase(InferContext& context) {
  const int64_t length = context.shape(0)[0];
  if (length == 0) fail(ErrorCode::InvalidInput, "SequenceErase of an empty sequence");
  context.set_output(0, DType::Sequence, {length - 1});
}

void erase(ComputeContext& context) {
  std::vector<Tensor> items = items_of(context.tensor(0));
  const auto length = static_cast<int64_t>(items.size());
  const size_t position = context.has_input(1) ? position_of(context, 1, length) : items.size() - 1;
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(position));
  context.set(0, Tensor::sequence_of(std::move(items)));
}

void infer_length(InferContext& context) {
  context.set_content(0, Tensor::of<int64_t>({}, {context.shape(0)[0]}));
}

void infer_concat_from_sequence(InferContext& context) {
  context.set_dynamic_output(0, DType::Undefined);
}

void concat_from_sequence(ComputeContext& context) {
  const Attributes& attributes = context.attributes();
  std::vector<Tensor> items = items_of(context.tensor(0));
  if (items.empty()) fail(ErrorCode::InvalidInput, "ConcatFromSequence of an empty sequence");
  const int64_t written = attributes.get_int("axis", 0);
  if (attributes.get_int("new_axis", 0) != 0) {
    context.set(0, stacked(std::move(items), written, context.pool()));
    return;
  }
  const int axis = normalize_axis(written, items[0].shape().rank());
  context.set(0, evaluate_op("Concat", {{"axis", int64_t{axis}}}, items, context.pool()));
}

// The sizes of the parts along an axis: equal ones of `split`, the last one smaller, or as written.
std::vector<int64_t> part_sizes(const ComputeContext& context, int64_t size) {
  if (!context.has_input(1)) return std::vector<int64_t>(static_cast<size_t>(size), 1);
  const Tensor& split = context.tensor(1);
  const std::vector<int64_t> written = to_int64s(split);
  if (split.shape().rank() > 0) {
    const bool fits = std::accumulate(written.begin(), written.end(), int64_t{0}) == size &&
                      std::ranges::none_of(written, [](int64_t part) { return part < 0; });
    if (fits) return written;
    fail(ErrorCode::InvalidInput, "SplitToSequence's sizes do not add up to ", size);
  }
  const int64_t part = written[0];
  if (part <= 0) fail(ErrorCode::InvalidInput, "SplitToSequence into parts of ", part);
  std::vector<int64_t> sizes(static_cast<size_t>(size / part), part);
  if (size % part > 0) sizes.push_back(size % part);
  return sizes;
}

void infer_split_to_sequence(InferContext& context) {
  context.set_dynamic_output(0, DType::Sequence);
}

void split_to_sequence(ComputeContext& context) {
  const Tensor& in = context.tensor(0);
  const Attributes& attributes = context.attributes();
  const int axis = normalize_axis(attributes.get_int("axis", 0), in.shape().rank());
  const bool drops_axis = !context.has_input(1) && attributes.get_int("keepdims", 1) == 0;
  std::vector<Tensor> items;
  int64_t begin = 0;
  for (const int64_t size : part_sizes(context, in.shape()[axis])) {
    const auto number = [](int64_t value) { return Tensor::of<int64_t>({1}, {value}); };
    const std::vector<Tensor> slice = {in, number(begin), number(begin + size), number(axis)};
    Tensor item = evaluate_op("Slice", {}, slice, context.pool());
    if (drops_axis) {
      std::vector<int64_t> dims = item.shape().dims();
      dims.erase(dims.begin() + axis);
      item = item.reshaped(Shape(std::move(dims)));
    }
    items.push_back(std::move(item));
    begin += size;
  }
  context.set(0, Tensor::sequence_of(std::move(items)));
}

using Types = std::array<TypeVariable, 4>;

constexpr OpDef sequence(std::string_view op_type, Arity inputs, Types types, InferRule infer,
                         ComputeRule compute,
                         ElementTypeRule element_type = always<DType::Sequence>) {
  return {
      .op_type = op_type,
      .since = 11,
      .meaning = {.inputs = inputs, .types = types, .infer = infer, .element_type = element_type},
      .cpu = {.compute = compute}};
}

constexpr Types kOfSequence = {type_of_input(0, kSequence), type_of_inputs(1, 2, kIndices)};
constexpr ElementTypeRule kUnknown = always<DType::Undefined>;

constexpr OpDef kOps[] = {
    sequence("SequenceConstruct", {1, kUnbounded}, {type_of_all_inputs(kAnyType)}, infer_construct,
             construct),
    sequence("SequenceEmpty", {0, 0}, {}, infer_empty, nullptr),
    sequence("SequenceAt", {2, 2}, kOfSequence, infer_at, at, kUnknown),
    sequence("SequenceInsert", {2, 3},
             {type_of_input(0, kSequence), type_of_input(1, kAnyType), type_of_input(2, kIndices)},
             infer_insert, insert),
    sequence("SequenceErase", {1, 2}, kOfSequence, infer_erase, erase),
    sequence("SequenceLength", {1, 1}, kOfSequence, infer_length, nullptr, always<DType::Int64>),
    sequence("ConcatFromSequence", {1, 1}, kOfSequence, infer_concat_from_sequence,
             concat_from_sequence, kUnknown),
    sequence("SplitToSequence", {1, 2}, {type_of_input(0, kAnyType), type_of_input(1, kIndices)},
             infer_split_to_sequence, split_to_sequence),
};

}  // namespace

extern constinit const OpFamily sequence_ops = kOps;

}  // namespace fovea
