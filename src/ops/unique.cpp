// Unique: its outputs' shapes depend on data.

#include <algorithm>
#include <numeric>

#include "base/order.h"
#include "ops/core/evaluate.h"
#include "ops/core/ordering.h"
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
  std::transform(numbers, numbers + count, keys.begin(), ascending_key<T>);
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

// Slices that are alike.
struct Group {
  int64_t first;
  std::vector<int64_t> members;
};

std::vector<Group> groups_of(const Slices& slices, bool sorted) {
  std::vector<int64_t> order;
  if (slices.outer * slices.inner == 1) {
    order.resize(static_cast<size_t>(slices.size));
    std::iota(order.begin(), order.end(), int64_t{0});
    const auto place = [&](int64_t i) { return std::pair(slices.keys[static_cast<size_t>(i)], i); };
    std::ranges::sort(order, {}, place);
  } else {
    order = order_of(static_cast<size_t>(slices.size),
                     [&](int64_t a, int64_t b) { return slices.compare(a, b) < 0; });
  }
  std::vector<Group> groups;
  for (const int64_t slice : order) {
    if (groups.empty() || slices.compare(groups.back().first, slice) != 0) {
      groups.push_back({slice, {}});
    }
    groups.back().members.push_back(slice);
  }
  if (sorted) return groups;
  const auto at = [&](int64_t i) -> Group& { return groups[static_cast<size_t>(i)]; };
  std::vector<Group> by_first;
  for (const int64_t i :
       order_of(groups.size(), [&](int64_t a, int64_t b) { return at(a).first < at(b).first; })) {
    by_first.push_back(std::move(at(i)));
  }
  return by_first;
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
  const std::vector<Group> groups = groups_of(slices, sorted);

  const Shape count = {std::ssize(groups)};
  Tensor first = Tensor::allocate(DType::Int64, count);
  Tensor counts = Tensor::allocate(DType::Int64, count);
  for (size_t i = 0; i < groups.size(); ++i) {
    first.mutable_as<int64_t>()[i] = groups[i].first;
    counts.mutable_as<int64_t>()[i] = std::ssize(groups[i].members);
    for (const int64_t member : groups[i].members) {
      inverse.mutable_as<int64_t>()[static_cast<size_t>(member)] = static_cast<int64_t>(i);
    }
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
