// Einsum.

#include <algorithm>
#include <map>
#include <string>

#include "base/order.h"
#include "ops/core/function.h"
#include "ops/op.h"

namespace fovea {
namespace {

// An index of the equation: its letter, or an axis of an ellipsis, counted from the last.
using Label = int;
using Labels = std::vector<Label>;

constexpr Label kEllipsis = -1;  // before its axes are known
constexpr Label kFirstOfEllipsis = 256;

bool has(const Labels& labels, Label label) { return std::ranges::count(labels, label) > 0; }

[[noreturn]] void reject(std::string_view equation, std::string_view why) {
  throw Error(ErrorCode::MalformedModel, text("the equation '", equation, "' ", why))
      .with("attribute", "equation");
}

struct Equation {
  explicit Equation(const std::string& written);

  std::vector<Labels> inputs;
  Labels output;
  bool explicit_output = false;
};

Equation::Equation(const std::string& written) {
  Labels* term = &inputs.emplace_back();
  for (size_t i = 0; i < written.size(); ++i) {
    const char c = written[i];
    if (c == ' ') continue;
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
      if (explicit_output && has(*term, c)) reject(written, "repeats an index of the output");
      term->push_back(c);
    } else if (written.compare(i, 3, "...") == 0) {
      if (has(*term, kEllipsis)) reject(written, "has two ellipses in a term");
      term->push_back(kEllipsis);
      i += 2;
    } else if (c == ',' && !explicit_output) {
      term = &inputs.emplace_back();
    } else if (written.compare(i, 2, "->") == 0 && !explicit_output) {
      explicit_output = true;
      term = &output;
      ++i;
    } else {
      reject(written, text("cannot have '", c, "' at position ", i));
    }
  }
}

// The axes of a term, which an ellipsis stands for as many of as there are left.
Labels expanded(const Labels& term, int rank) {
  Labels labels;
  for (const Label label : term) {
    if (label != kEllipsis) {
      labels.push_back(label);
      continue;
    }
    for (int left = rank - static_cast<int>(term.size()); left >= 0; --left) {
      labels.push_back(kFirstOfEllipsis + left);
    }
  }
  return labels;
}

// An operand under way, and the label of each of its axes.
struct Operand {
  ValueId id;
  Shape shape;
  Labels labels;

  int64_t size(Label label) const {
    return shape[static_cast<int>(std::ranges::find(labels, label) - labels.begin())];
  }
};

// A sum of products as a graph.
class Contraction {
 public:
  explicit Contraction(const NodeContext& context);
  Graph graph();

 private:
  void read_operands(const Equation& equation);
  void choose_output(const Equation& equation);
  void take_sizes();

  Operand reshaped(const Operand& operand, Shape shape, Labels labels);
  Operand ordered(const Operand& operand, const Labels& labels);
  Operand diagonal(const Operand& operand);
  Operand without_broadcast_axes(const Operand& operand);
  Operand summed(const Operand& operand, const Labels& kept);
  Operand product(const Operand& a, const Operand& b, const Labels& kept);
  ValueId cast(ValueId id, DType dtype);
  Shape shape_of(const Labels& labels) const;
  Labels needed_after(size_t index) const;

  const NodeContext& context_;
  std::string equation_;
  Function f_;
  DType dtype_;  // that products are computed in
  std::vector<Operand> operands_;
  Labels output_;
  std::map<Label, int64_t> sizes_;
};

// Sums of integers are the same modulo 2^8 or 2^16 when they are computed in 32 bits.
DType computed_dtype(DType dtype) {
  if (kWideNumbers.contains(dtype)) return dtype;
  return kind_of(dtype) == DTypeKind::Unsigned ? DType::Uint32 : DType::Int32;
}

Contraction::Contraction(const NodeContext& context)
    : context_(context),
      equation_(context.attributes().get_string("equation", "")),
      f_(context),
      dtype_(computed_dtype(context.dtype(0))) {
  const Equation equation(equation_);
  if (std::ssize(equation.inputs) != context.input_count()) {
    reject(equation_,
           text("has ", equation.inputs.size(), " terms for ", context.input_count(), " operands"));
  }
  read_operands(equation);
  choose_output(equation);
  take_sizes();
}

void Contraction::read_operands(const Equation& equation) {
  for (int i = 0; i < context_.input_count(); ++i) {
    const Labels& term = equation.inputs[static_cast<size_t>(i)];
    const Shape& shape = context_.shape(i);
    Labels labels = expanded(term, shape.rank());
    if (std::ssize(labels) != shape.rank()) {
      fail(ErrorCode::InvalidInput, "the equation '", equation_, "' does not fit operand ", i,
           " of shape ", shape);
    }
    operands_.push_back({cast(f_.in(i), dtype_), shape, std::move(labels)});
  }
}

void Contraction::choose_output(const Equation& equation) {
  Labels all, ellipsis;
  for (const Operand& operand : operands_) {
    all.insert(all.end(), operand.labels.begin(), operand.labels.end());
  }
  sort_values(all);
  for (auto label = all.rbegin(); label != all.rend(); ++label) {
    if (*label >= kFirstOfEllipsis && !has(ellipsis, *label)) ellipsis.push_back(*label);
  }
  const auto append_ellipsis = [&] {
    output_.insert(output_.end(), ellipsis.begin(), ellipsis.end());
  };
  if (!equation.explicit_output) {
    append_ellipsis();
    for (const Label label : all) {
      if (label < kFirstOfEllipsis && std::ranges::count(all, label) == 1) output_.push_back(label);
    }
    return;
  }
  for (const Label label : equation.output) {
    if (label == kEllipsis) {
      append_ellipsis();
    } else if (has(all, label)) {
      output_.push_back(label);
    } else {
      reject(equation_, "has an index in its output that no operand has");
    }
  }
  if (!ellipsis.empty() && !has(equation.output, kEllipsis)) {
    reject(equation_, "has axes in an ellipsis that its output leaves out");
  }
}

// The size of each label; axes of size 1 are broadcast.
void Contraction::take_sizes() {
  for (const Operand& operand : operands_) {
    for (int axis = 0; axis < operand.shape.rank(); ++axis) {
      const int64_t size = operand.shape[axis];
      int64_t& known =
          sizes_.try_emplace(operand.labels[static_cast<size_t>(axis)], size).first->second;
      if (known == 1) known = size;
      if (size == 1 || size == known) continue;
      fail(ErrorCode::InvalidInput, "the equation '", equation_, "' gives axes of sizes ", known,
           " and ", size, " one index");
    }
  }
}

ValueId Contraction::cast(ValueId id, DType dtype) {
  if (context_.dtype(0) == dtype_) return id;
  return f_.op("Cast", {id}, {{"to", static_cast<int64_t>(dtype)}});
}

Shape Contraction::shape_of(const Labels& labels) const {
  Shape shape;
  for (const Label label : labels) shape.push_back(sizes_.at(label));
  return shape;
}

// The same elements; a label may have been dropped or added.
Operand Contraction::reshaped(const Operand& operand, Shape shape, Labels labels) {
  ValueId id = operand.id;
  if (shape != operand.shape) {
    id = f_.op("Reshape", {id, f_.ints(shape.dims())}, {{"allowzero", int64_t{1}}});
  }
  return {id, std::move(shape), std::move(labels)};
}

// With its axes in this order; `labels` are all that it has.
Operand Contraction::ordered(const Operand& operand, const Labels& labels) {
  if (labels == operand.labels) return operand;
  std::vector<int64_t> perm;
  Shape shape;
  for (const Label label : labels) {
    perm.push_back(std::ranges::find(operand.labels, label) - operand.labels.begin());
    shape.push_back(operand.size(label));
  }
  return {f_.op("Transpose", {operand.id}, {{"perm", perm}}), std::move(shape), labels};
}

// Of the first index that there is twice: both axes as one, of which each (n + 1)th element is
// taken.
Operand Contraction::diagonal(const Operand& operand) {
  const Labels& labels = operand.labels;
  const auto twice = std::ranges::find_if(
      labels, [&](Label label) { return std::ranges::count(labels, label) > 1; });
  if (twice == labels.end()) return operand;
  const Label label = *twice;
  const auto first = twice - labels.begin();
  const auto second = std::find(twice + 1, labels.end(), label) - labels.begin();
  const int64_t size = operand.shape[static_cast<int>(first)];
  if (size != operand.shape[static_cast<int>(second)]) {
    fail(ErrorCode::InvalidInput, "the equation '", equation_, "' takes a diagonal of ",
         operand.shape, ", whose axes have different sizes");
  }
  std::vector<int64_t> perm;
  Shape square, line;
  Labels left;
  for (int64_t axis = 0; axis < std::ssize(labels); ++axis) {
    if (axis == first || axis == second) continue;
    perm.push_back(axis);
    square.push_back(operand.shape[static_cast<int>(axis)]);
    left.push_back(labels[static_cast<size_t>(axis)]);
  }
  line = square;
  const int64_t axis = square.rank();
  perm.insert(perm.end(), {first, second});
  square.push_back(size * size);
  line.push_back(size);
  left.push_back(label);
  const ValueId turned = f_.op("Transpose", {operand.id}, {{"perm", perm}});
  const ValueId flat =
      f_.op("Reshape", {turned, f_.ints(square.dims())}, {{"allowzero", int64_t{1}}});
  const ValueId taken = f_.op(
      "Slice", {flat, f_.ints({0}), f_.ints({size * size}), f_.ints({axis}), f_.ints({size + 1})});
  return diagonal({taken, std::move(line), std::move(left)});
}

Operand Contraction::without_broadcast_axes(const Operand& operand) {
  Shape shape;
  Labels labels;
  for (const Label label : operand.labels) {
    if (operand.size(label) != sizes_.at(label)) continue;
    shape.push_back(operand.size(label));
    labels.push_back(label);
  }
  return reshaped(operand, std::move(shape), std::move(labels));
}

// Over all axes that are not kept.
Operand Contraction::summed(const Operand& operand, const Labels& kept) {
  std::vector<int64_t> axes;
  Operand result = {operand.id, {}, {}};
  for (int axis = 0; axis < operand.shape.rank(); ++axis) {
    const Label label = operand.labels[static_cast<size_t>(axis)];
    if (!has(kept, label)) {
      axes.push_back(axis);
      continue;
    }
    result.labels.push_back(label);
    result.shape.push_back(operand.shape[axis]);
  }
  if (!axes.empty()) {
    result.id = f_.op("ReduceSum", {operand.id, f_.ints(axes)}, {{"keepdims", int64_t{0}}});
  }
  return result;
}

// What operands share is a batch where it is kept, else it is summed over. The rest is rows of the
// one and columns of the other.
Operand Contraction::product(const Operand& a, const Operand& b, const Labels& kept) {
  Labels batch, inner, rows, columns;
  for (const Label label : a.labels) {
    (!has(b.labels, label) ? rows : has(kept, label) ? batch : inner).push_back(label);
  }
  for (const Label label : b.labels) {
    if (!has(a.labels, label)) columns.push_back(label);
  }
  const auto joined = [](std::initializer_list<const Labels*> parts) {
    Labels all;
    for (const Labels* part : parts) all.insert(all.end(), part->begin(), part->end());
    return all;
  };
  const int64_t depth = shape_of(inner).elements();
  const auto matrix = [&](const Operand& operand, const Labels& order, int64_t height,
                          int64_t width) {
    return reshaped(ordered(operand, order), {shape_of(batch).elements(), height, width}, {});
  };
  const int64_t height = shape_of(rows).elements(), width = shape_of(columns).elements();
  if (rows.empty() && columns.empty() && !inner.empty()) {
    const Labels all = joined({&batch, &inner});
    const Operand left = ordered(a, all), right = ordered(b, all);
    return summed({f_.op("Mul", {left.id, right.id}), left.shape, all}, batch);
  }
  const Operand left = matrix(a, joined({&batch, &rows, &inner}), height, depth);
  const Operand right = matrix(b, joined({&batch, &inner, &columns}), depth, width);
  const ValueId id = f_.op(inner.empty() ? "Mul" : "MatMul", {left.id, right.id});
  const Labels labels = joined({&batch, &rows, &columns});
  return reshaped({id, {shape_of(batch).elements(), height, width}, {}}, shape_of(labels), labels);
}

// Of the output and of operands after this one.
Labels Contraction::needed_after(size_t index) const {
  Labels needed = output_;
  for (size_t i = index + 1; i < operands_.size(); ++i) {
    needed.insert(needed.end(), operands_[i].labels.begin(), operands_[i].labels.end());
  }
  return needed;
}

Graph Contraction::graph() {
  for (Operand& operand : operands_) operand = without_broadcast_axes(diagonal(operand));
  // Indices of one operand alone are summed over at once.
  Operand result = summed(operands_[0], needed_after(0));
  for (size_t i = 1; i < operands_.size(); ++i) {
    Labels kept = needed_after(i);
    kept.insert(kept.end(), result.labels.begin(), result.labels.end());
    result = product(result, summed(operands_[i], kept), needed_after(i));
  }
  result = summed(result, output_);
  return f_.giving({cast(ordered(result, output_).id, context_.dtype(0))});
}

Graph einsum(const NodeContext& context) { return Contraction(context).graph(); }

constexpr OpDef kOps[] = {
    {.op_type = "Einsum",
     .since = 12,
     .meaning = {.inputs = {1, kUnbounded},
                 .types = {type_of_all_inputs(kNumbers)},
                 .function = einsum}},
};

}  // namespace

extern constinit const OpFamily einsum_ops = kOps;

}  // namespace fovea
