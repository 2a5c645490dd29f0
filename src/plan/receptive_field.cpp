#include "plan/receptive_field.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "base/integers.h"
#include "ops/op.h"

namespace fovea {
namespace {

// Within these numbers nothing here overflows or takes long; no network is beyond.
constexpr int64_t kMostPositions = 1 << 12;
constexpr int64_t kMostSteps = 1 << 16;
constexpr int64_t kFarthest = int64_t{1} << 40;

// Where a value has an axis of the picture: element i of `axis` belongs to the position
// i / inner % count. An axis that others were merged into has several.
struct Place {
  int axis = 0;
  int64_t inner = 1;
  int64_t count = 1;

  bool operator==(const Place&) const = default;
};

// What is known of a value.
struct Trace {
  enum class Kind : uint8_t {
    Apart,  // does not depend on the picture
    Along,
    Unknown,
    Whole,
  };

  Kind kind = Kind::Apart;
  const Node* node = nullptr;  // that is why, for the last two
  // Position q * spans.size() + r depends on those of spans[r] from q * steps on of the input.
  Place place = {};
  int64_t steps = 1;
  std::vector<Span> spans = {};

  int64_t period() const { return std::ssize(spans); }
  // What a position depends on.
  Span at(int64_t position) const {
    const int64_t q = floor_div(position, period());
    const Span& span = spans[static_cast<size_t>(position - q * period())];
    return {q * steps + span.first, q * steps + span.last};
  }
};

bool is_empty(const Span& span) { return span.last < span.first; }

Span united(const Span& a, const Span& b) {
  if (is_empty(a) || is_empty(b)) return is_empty(a) ? b : a;
  return {std::min(a.first, b.first), std::max(a.last, b.last)};
}

// What all of these positions depend on together. Those a period on depend on what is `steps` on.
Span united(const Trace& trace, const Span& positions) {
  Span all = {0, -1};
  const int64_t count = std::min(positions.last - positions.first + 1, trace.period());
  for (int64_t i = 0; i < count; ++i) {
    all = united(all, trace.at(positions.first + i));
    all = united(all, trace.at(positions.last - i));
  }
  return all;
}

bool is_moderate(int64_t steps, int64_t period, const Span& span) {
  return std::max(std::abs(span.first), std::abs(span.last)) <= kFarthest && steps <= kMostSteps &&
         period <= kMostPositions;
}

// From the picture forwards, along one of its axes.
class Tracing {
 public:
  Tracing(const Segment& plan, ValueId input, int axis) : plan_(plan), traces_(plan.types.size()) {
    traces_[static_cast<size_t>(input)] = {
        .kind = Trace::Kind::Along, .place = {axis, 1, shape(input)[axis]}, .spans = {{0, 0}}};
    for (const Step& step : plan.steps) take(*step.node);
  }

  // Of an output, which is to have the picture's axis there.
  Trace at(ValueId output, int axis) const;

 private:
  const Shape& shape(ValueId id) const { return *plan_.types[static_cast<size_t>(id)].shape; }
  bool has_shape(ValueId id) const {
    return plan_.types[static_cast<size_t>(id)].shape.has_value();
  }

  void take(const Node& node);
  Trace through(const Node& node, size_t input, size_t output) const;
  Trace as_window(const Node& node, Trace trace, const Shape& from, const Window& window,
                  const Shape& to) const;
  Trace as_view(const Node& node, Trace trace, const Shape& from, const Shape& to) const;
  static Trace merged(const Node& node, Trace a, Trace b);

  const Segment& plan_;
  std::vector<Trace> traces_;  // by ValueId
};

// Makes every `inner` elements that have a position alike positions of their own, of so many fewer.
// False where there would be too many.
bool divide(Trace& trace, int64_t inner) {
  const int64_t parts = trace.place.inner / inner;
  if (parts * trace.period() > kMostPositions) return false;
  std::vector<Span> spans;
  for (const Span& span : trace.spans) {
    spans.insert(spans.end(), static_cast<size_t>(parts), span);
  }
  trace.spans = std::move(spans);
  trace.place.inner = inner;
  trace.place.count *= parts;
  return true;
}

// Whether the elements along its axis are the positions, one after the other.
bool spread(Trace& trace, const Shape& shape) {
  return divide(trace, 1) && trace.place.count == shape[trace.place.axis];
}

// nullopt where it leads too far.
std::optional<Trace> seen_through(const Trace& trace, const Window& window) {
  const int64_t times = trace.period() / std::gcd(window.num, trace.period());
  const int64_t steps = window.num * times / trace.period();
  Trace seen = trace;
  if (window.num > kMostSteps || window.den > kMostPositions) return std::nullopt;
  seen.steps = steps * trace.steps;
  seen.spans.clear();
  for (int64_t i = 0; i < window.den * times; ++i) {
    const int64_t q = (i + window.phase) / window.den, r = (i + window.phase) % window.den;
    const Span& read = window.at(r);
    if (!is_moderate(seen.steps, window.den * times, read)) return std::nullopt;
    const int64_t begin = q * window.num;
    Span span = {0, -1};
    if (!is_empty(read)) span = united(trace, {begin + read.first, begin + read.last});
    if (!is_moderate(seen.steps, window.den * times, span)) return std::nullopt;
    seen.spans.push_back(span);
  }
  return seen;
}

Trace Tracing::as_window(const Node& node, Trace trace, const Shape& from, const Window& window,
                         const Shape& to) const {
  // In the order of Window::Kind.
  constexpr std::array kKinds = {Trace::Kind::Along, Trace::Kind::Whole, Trace::Kind::Apart,
                                 Trace::Kind::Unknown};
  Trace::Kind kind = kKinds[static_cast<size_t>(window.kind)];
  // The ends of an axis that others were merged into are not those of the picture.
  const bool is_merged = trace.place.inner * trace.place.count != from[trace.place.axis];
  if (kind == Trace::Kind::Apart && is_merged) kind = Trace::Kind::Unknown;
  if (kind != Trace::Kind::Along) return {.kind = kind, .node = &node};
  if (window.axis >= to.rank()) return {.kind = Trace::Kind::Unknown, .node = &node};
  if (window.is_same_place() && from[trace.place.axis] == to[window.axis]) {
    trace.place.axis = window.axis;
    return trace;
  }
  std::optional<Trace> seen;
  if (spread(trace, from)) seen = seen_through(trace, window);
  if (!seen) return {.kind = Trace::Kind::Unknown, .node = &node};
  seen->place = {window.axis, 1, to[window.axis]};
  return *std::move(seen);
}

// The same elements in the same order: each belongs to the same position as before. Where that does
// not follow from one axis, the outermost of those it is divided among tells of which run of
// positions it is one.
Trace Tracing::as_view(const Node& node, Trace trace, const Shape& from, const Shape& to) const {
  const auto [axis, inner, count] = trace.place;
  const int64_t near = from.elements(axis + 1, from.rank()) * inner, all = near * count;
  int64_t stride = 1;
  for (int out = to.rank(); out-- > 0 && stride < all; stride *= to[out]) {
    const int64_t end = stride * to[out];
    if (end == 0) break;
    if (to[out] == 1 || end % all != 0) continue;
    if (near % stride == 0) {
      trace.place = {out, near / stride, count};
      return trace;
    }
    if (stride % near != 0) break;
    const int64_t run = stride / near;
    if (count % run != 0) break;
    Window window = same_place(out);
    window.num = run;
    window.span.last = run - 1;
    auto seen = seen_through(trace, window);
    if (!seen) break;
    seen->place = {out, 1, count / run};
    return *std::move(seen);
  }
  return {.kind = Trace::Kind::Unknown, .node = &node};
}

Trace Tracing::through(const Node& node, size_t input, size_t output) const {
  const ValueId from = node.inputs[input], to = node.outputs[output];
  const Trace& trace = traces_[static_cast<size_t>(from)];
  if (trace.kind != Trace::Kind::Along) return trace;
  const bool is_view = node.def->cpu.reuse == Reuse::View;
  const auto window = meaning_of(node).window;
  if (!has_shape(to) || (!is_view && !window)) {
    return {.kind = Trace::Kind::Unknown, .node = &node};
  }
  if (is_view) return as_view(node, trace, shape(from), shape(to));
  std::vector<const ValueType*> types;
  for (const ValueId id : node.inputs) {
    types.push_back(id == kNoValue ? nullptr : &plan_.types[static_cast<size_t>(id)]);
  }
  const WindowContext context({node, types}, static_cast<int>(input), trace.place.axis,
                              static_cast<int>(output), shape(to));
  return as_window(node, trace, shape(from), window(context), shape(to));
}

// Of an element that is made of both.
Trace Tracing::merged(const Node& node, Trace a, Trace b) {
  if (a.kind != b.kind) return a.kind > b.kind ? a : b;
  if (a.kind != Trace::Kind::Along) return a;
  if (a.place.axis != b.place.axis) return {.kind = Trace::Kind::Whole, .node = &node};
  const Trace unknown = {.kind = Trace::Kind::Unknown, .node = &node};
  const int64_t inner = std::gcd(a.place.inner, b.place.inner);
  if (!divide(a, inner) || !divide(b, inner) || a.place != b.place) return unknown;
  // One that advances faster than the other gets away from it: how far, the size tells.
  const int64_t period = std::lcm(a.period(), b.period());
  if (a.steps * b.period() != b.steps * a.period() || period > kMostPositions) return unknown;
  a.steps *= period / a.period();
  Trace both = a;
  both.spans.clear();
  for (int64_t i = 0; i < period; ++i) both.spans.push_back(united(a.at(i), b.at(i)));
  return both;
}

void Tracing::take(const Node& node) {
  Trace captured;
  for_each_subgraph(node, [&](const Graph& graph) {
    for (const Capture& capture : graph.captures) {
      const bool apart = traces_[static_cast<size_t>(capture.outer)].kind == Trace::Kind::Apart;
      if (!apart) captured = {.kind = Trace::Kind::Unknown, .node = &node};
    }
  });
  for (size_t output = 0; output < node.outputs.size(); ++output) {
    const ValueId id = node.outputs[output];
    if (id == kNoValue) continue;
    Trace trace = captured;
    for (size_t input = 0; input < node.inputs.size(); ++input) {
      if (node.inputs[input] == kNoValue) continue;
      trace = merged(node, std::move(trace), through(node, input, output));
    }
    traces_[static_cast<size_t>(id)] = std::move(trace);
  }
}

Trace Tracing::at(ValueId output, int axis) const {
  Trace trace = traces_[static_cast<size_t>(output)];
  if (trace.kind != Trace::Kind::Along) return trace;
  const bool is_there = trace.place.axis == axis;
  if (is_there && spread(trace, shape(output))) return trace;
  const auto makes = [&](const Step& step) {
    return std::ranges::find(step.node->outputs, output) != step.node->outputs.end();
  };
  const auto step = std::ranges::find_if(plan_.steps, makes);
  return {.kind = is_there ? Trace::Kind::Unknown : Trace::Kind::Whole,
          .node = step == plan_.steps.end() ? nullptr : step->node};
}

Margins margins_of(const Trace& trace) {
  Margins margins = {-kFarthest, -kFarthest};
  for (int64_t r = 0; r < trace.period(); ++r) {
    const Span& span = trace.spans[static_cast<size_t>(r)];
    if (is_empty(span)) continue;
    const int64_t begin = floor_div(r * trace.steps, trace.period());
    const int64_t end = -floor_div(-(r + 1) * trace.steps, trace.period());
    margins.before = std::max(margins.before, begin - span.first);
    margins.after = std::max(margins.after, span.last + 1 - end);
  }
  return margins.before == -kFarthest ? Margins{} : margins;
}

// The node of the model that this one was made of: a function's nodes are named after it.
const Node& origin_of(const Graph& graph, const Node& node) {
  for (const Node& each : graph.nodes) {
    if (&each != &node && node.name.starts_with(each.name + "/") && each.def &&
        each.def->meaning.function) {
      return each;
    }
  }
  return node;
}

// Who makes something of which only a run tells the size, or waits for what only a run tells.
const Node* waiting_node(const Graph& graph, const Segment& plan) {
  const auto is_open = [&](ValueId id) {
    return id != kNoValue && !plan.types[static_cast<size_t>(id)].shape;
  };
  for (const Step& step : plan.steps) {
    if (std::ranges::any_of(step.node->outputs, is_open)) return step.node;
  }
  const auto waits = std::ranges::find(plan.done, false);
  if (waits == plan.done.end()) return nullptr;
  return &graph.nodes[static_cast<size_t>(waits - plan.done.begin())];
}

}  // namespace

ReceptiveField find_receptive_field(const Graph& graph, const Segment& plan,
                                    const FieldQuestion& question) {
  ReceptiveField field;
  Trace::Kind worst = Trace::Kind::Along;
  const auto report = [&](Trace::Kind kind, const Node* node) {
    if (kind <= worst) return;
    worst = kind;
    field.kind =
        kind == Trace::Kind::Whole ? ReceptiveField::Kind::Whole : ReceptiveField::Kind::Unknown;
    if (!node) return;
    const Node& origin = origin_of(graph, *node);
    field.node = origin.name;
    field.op_type = origin.op_type;
  };
  if (!plan.types[static_cast<size_t>(question.output)].shape) {
    report(Trace::Kind::Unknown, waiting_node(graph, plan));
    return field;
  }
  for (size_t i = 0; i < field.margins.size(); ++i) {
    const Tracing tracing(plan, question.input, question.input_axes[i]);
    const Trace trace = tracing.at(question.output, question.output_axes[i]);
    report(trace.kind, trace.node);
    if (trace.kind == Trace::Kind::Along) field.margins[i] = margins_of(trace);
  }
  return field;
}

}  // namespace fovea
