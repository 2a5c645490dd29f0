// Unique: its outputs' shapes depend on data.

#include <algorithm>

#include "base/order.h"
#include "kernels/elementwise/order_key.h"
#include "ops/core/evaluate.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr DTypeSet kComplex = {DType::Complex64, DType::Complex128};
constexpr DTypeSet kUniqueTypes =
    kFloat32And64 | kIntegers | kBool | kComplex | DTypeSet{DType::String};

std::optional<int> unique_axis(const NodeContext& context) {
  if (!context.attributes().has("axis")) return std::nullopt;
  return normalize_axis(context.attributes().get_int("axis", 0), context.shape(0).rank());
}

void infer_unique(InferContext& context) {
  unique_axis(context);
  context.set_dynamic_output(0, context.dtype(0));
  for (int i = 1; i < 4; ++i) context.set_dynamic_output(i, DType::Int64);
}

// What elements are compared by: a number for each, two for complex ones.
struct Keys {
  std::vector<uint64_t> values;
  int64_t per_element = 1;
};

std::vector<uint64_t> ranks_of(std::span<const std::string> strings) {
  const auto at = [&](int64_t i) -> const std::string& { return strings[static_cast<size_t>(i)]; };
  std::vector<uint64_t> ranks(strings.size());
  uint64_t rank = 0;
  int64_t before = 0;
  for (const int64_t i :
       order_of(strings.size(), [&](int64_t a, int64_t b) { return at(a) < at(b); })) {
    if (at(before) < at(i)) ++rank;
    ranks[static_cast<size_t>(i)] = rank;
    before = i;
  }
  return ranks;
}

template <class T>
std::vector<uint64_t> keys_of_numbers(const std::byte* data, int64_t count) {
  const T* numbers = reinterpret_cast<const T*>(data);
  std::vector<uint64_t> keys(static_cast<size_t>(count));
  std::transform(numbers, numbers + count, keys.begin(), kernels::ascending_key<T>);
  return keys;
}

Keys keys_of(const Tensor& tensor) {
  if (tensor.dtype() == DType::String) return {ranks_of(tensor.strings())};
  const bool complex = kComplex.contains(tensor.dtype());
  DType part = tensor.dtype();
  if (complex) part = part == DType::Complex64 ? DType::Float : DType::Double;
  const int64_t per_element = complex ? 2 : 1;
  return dispatch_with_integers<float, double, bool>(part, [&](auto tag) -> Keys {
    using T = typename decltype(tag)::type;
    return {keys_of_numbers<T>(tensor.data(), tensor.elements() * per_element), per_element};
  });
}

// Slices along an axis, by the keys of their elements.
struct Slices {
  const std::vector<uint64_t>& keys;
  int64_t outer;
  int64_t size;
  int64_t inner;

  std::span<const uint64_t> piece(int64_t slice, int64_t at_outer) const {
    return {keys.data() + (at_outer * size + slice) * inner, static_cast<size_t>(inner)};
  }
  std::strong_ordering compare(int64_t a, int64_t b) const {
    for (int64_t i = 0; i < outer; ++i) {
      const auto x = piece(a, i), y = piece(b, i);
      const auto order =
          std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end());
      if (order != 0) return order;
    }
    return std::strong_ordering::equal;
  }
};

// Slices that are alike lie side by side in `order`, each group from its begin to that of the next,
// the first of them first.
struct Groups {
  std::vector<int64_t> order;
  std::vector<size_t> begins;  // and the end
};

// The slices in ascending order, and those that are alike in their own.
std::vector<int64_t> order_of_slices(const Slices& slices) {
  const auto count = static_cast<size_t>(slices.size);
  if (slices.outer * slices.inner != 1) {
    return order_of(count, [&](int64_t a, int64_t b) { return slices.compare(a, b) < 0; });
  }
  std::vector<Keyed> items(count), scratch(count);
  for (size_t i = 0; i < count; ++i) items[i] = {slices.keys[i], static_cast<int64_t>(i)};
  sort_by_keys(items, scratch);
  std::vector<int64_t> order(count);
  for (size_t i = 0; i < count; ++i) order[i] = items[i].place;
  return order;
}

Groups groups_of(const Slices& slices) {
  Groups groups = {order_of_slices(slices), {}};
  const std::vector<int64_t>& order = groups.order;
  const bool single = slices.outer * slices.inner == 1;
  const auto key = [&](size_t i) { return slices.keys[static_cast<size_t>(order[i])]; };
  for (size_t i = 0; i < order.size(); ++i) {
    const bool alike =
        i > 0 && (single ? key(i) == key(i - 1) : slices.compare(order[i - 1], order[i]) == 0);
    if (!alike) groups.begins.push_back(i);
  }
  groups.begins.push_back(order.size());
  return groups;
}

// The numbers of the groups, in the order of their first slices.
std::vector<int64_t> by_first(const Groups& groups) {
  const size_t count = groups.begins.size() - 1;
  std::vector<Keyed> items(count), scratch(count);
  for (size_t i = 0; i < count; ++i) {
    items[i] = {static_cast<uint64_t>(groups.order[groups.begins[i]]), static_cast<int64_t>(i)};
  }
  sort_by_keys(items, scratch);
  std::vector<int64_t> places(count);
  for (size_t i = 0; i < count; ++i) places[i] = items[i].place;
  return places;
}

void unique(ComputeContext& context) {
  const std::optional<int> axis = unique_axis(context);
  const Tensor& in = context.tensor(0);
  const Tensor data = axis ? in : in.reshaped({in.elements()});
  const Shape& shape = data.shape();
  const int along = axis.value_or(0);
  const Keys keys = keys_of(data);
  const Slices slices = {keys.values, shape.elements(0, along), shape[along],
                         shape.elements(along + 1, shape.rank()) * keys.per_element};
  // First, because it may be more than there is memory for.
  Tensor inverse = Tensor::allocate(DType::Int64, {slices.size});
  const bool sorted = context.attributes().get_int("sorted", 1) != 0;
  const Groups groups = groups_of(slices);
  const std::vector<int64_t> numbers = sorted ? std::vector<int64_t>() : by_first(groups);

  const Shape count = {std::ssize(groups.begins) - 1};
  Tensor first = Tensor::allocate(DType::Int64, count);
  Tensor counts = Tensor::allocate(DType::Int64, count);
  int64_t* const inverses = inverse.mutable_as<int64_t>().data();
  for (size_t i = 0; i + 1 < groups.begins.size(); ++i) {
    const size_t group = sorted ? i : static_cast<size_t>(numbers[i]);
    const size_t begin = groups.begins[group], end = groups.begins[group + 1];
    first.mutable_as<int64_t>()[i] = groups.order[begin];
    counts.mutable_as<int64_t>()[i] = static_cast<int64_t>(end - begin);
    for (size_t at = begin; at < end; ++at) inverses[groups.order[at]] = static_cast<int64_t>(i);
  }
  const Tensor inputs[] = {data, first};
  context.set(0, evaluate_op("Gather", {{"axis", int64_t{along}}}, inputs, context.pool()));
  context.set(1, std::move(first));
  context.set(2, std::move(inverse));
  context.set(3, std::move(counts));
}

constexpr OpDef kOps[] = {
    {.op_type = "Unique",
     .since = 11,
     .meaning = {.outputs = {1, 4},
                 .types = {type_of_input(0, kUniqueTypes)},
                 .infer = infer_unique,
                 .element_type = first_like_input<DType::Int64>},
     .cpu = {.compute = unique}},
};

}  // namespace

extern constinit const OpFamily unique_ops = kOps;

}  // namespace fovea
