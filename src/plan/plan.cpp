#include "plan/plan.h"

#include <algorithm>

#include "plan/band_program.h"

namespace fovea {
namespace {

// Answers a data-dependent segment remembers; a loop over a growing size would fill memory with
// more.
constexpr size_t kMaxAnswers = 8;

// Keys are compared, never read.
void append_bytes(std::string& key, const void* data, size_t size) {
  key.append(static_cast<const char*>(data), size);
}

void append_shape(std::string& key, DType dtype, const Shape& shape) {
  const size_t rank = shape.rank();
  append_bytes(key, &dtype, sizeof dtype);
  append_bytes(key, &rank, sizeof rank);
  for (const int64_t dim : shape) append_bytes(key, &dim, sizeof dim);
}

std::string key_of(std::span<const ValueType> feeds) {
  std::string key;
  for (const ValueType& feed : feeds) append_shape(key, feed.dtype, *feed.shape);
  return key;
}

std::string key_of(const Segment& before, std::span<const Tensor> answers) {
  std::string key;
  for (size_t i = 0; i < answers.size(); ++i) {
    append_shape(key, answers[i].dtype(), answers[i].shape());
    const bool by_content = before.types[static_cast<size_t>(before.awaited[i])].shape.has_value();
    if (by_content) append_bytes(key, answers[i].data(), answers[i].bytes());
  }
  return key;
}

Segment* find_entry(std::list<Segment::Next>& entries, std::string_view key) {
  const auto found = std::ranges::find(entries, key, &Segment::Next::answer);
  if (found == entries.end()) return nullptr;
  entries.splice(entries.begin(), entries, found);
  return found->segment.get();
}

Segment& add_entry(std::list<Segment::Next>& entries, size_t capacity, std::string key,
                   std::unique_ptr<Segment> segment) {
  entries.push_front({std::move(key), std::move(segment)});
  if (entries.size() > capacity) entries.pop_back();
  return *entries.front().segment;
}

}  // namespace

Segment* PlanCache::find(std::string_view key) { return find_entry(entries_, key); }

Segment* PlanCache::find(Segment& before, std::string_view key) {
  return find_entry(before.next, key);
}

Segment& PlanCache::add(std::string key, std::unique_ptr<Segment> segment) {
  return add_entry(entries_, capacity_, std::move(key), std::move(segment));
}

Segment& PlanCache::add(Segment& before, std::string key, std::unique_ptr<Segment> segment) {
  return add_entry(before.next, kMaxAnswers, std::move(key), std::move(segment));
}

std::byte* Arenas::reserve(size_t depth, uint64_t bytes) {
  if (depth >= arenas_.size()) arenas_.resize(depth + 1);
  Arena& arena = arenas_[depth];
  if (arena.bytes < bytes) {
    arena = {};  // given back first: the two together might not fit
    arena.memory = allocate_bytes(bytes);
    arena.bytes = bytes;
  }
  return arena.memory.get();
}

Execution::Execution(PlanCache& plans, Arenas& arenas, std::vector<Tensor> feeds)
    : plans_(plans), arenas_(arenas), feeds_(std::move(feeds)) {
  for (const Tensor& feed : feeds_) {
    feed_types_.push_back({feed.dtype(), feed.shape(), Form(), std::nullopt});
  }
  key_ = key_of(feed_types_);
  if (Segment* known = plans_.find(key_)) {
    enter(*known);
  } else {
    planning_ = std::make_unique<Planning>(plans_.environment(), feed_types_);
  }
}

void Execution::begin_next() {
  answers_.clear();
  for (const ValueId id : segment_->awaited) {
    const bool by_content = segment_->types[static_cast<size_t>(id)].shape.has_value();
    answers_.push_back(by_content ? copy_of(tensor_of(id)) : tensor_of(id));
  }
  key_ = key_of(*segment_, answers_);
  if (Segment* known = plans_.find(*segment_, key_)) {
    enter(*known);
  } else {
    planning_ = std::make_unique<Planning>(plans_.environment(), *segment_, answers_);
  }
}

void Execution::plan_some(Clock::time_point deadline) {
  auto planned = planning_->advance(deadline);
  if (!planned) return;
  planning_.reset();
  enter(segment_ ? plans_.add(*segment_, std::move(key_), std::move(planned))
                 : plans_.add(std::move(key_), std::move(planned)));
}

void Execution::bind_feeds() {
  const Graph& graph = plans_.environment().graph;
  for (size_t i = 0; i < feeds_.size(); ++i) {
    const auto slot = static_cast<size_t>(segment_->slot(graph.inputs[i], Form()));
    memory_[slot] = feeds_[i].mutable_data();
    if (feeds_[i].dtype() == DType::String) dynamic_[slot] = feeds_[i];
  }
}

void Execution::enter(Segment& segment) {
  arena_ = arenas_.reserve(depth_, segment.arena_bytes);
  memory_.resize(segment.slots.size(), nullptr);
  dynamic_.resize(segment.slots.size());
  for (size_t i = 0; i < segment.slots.size(); ++i) {
    if (segment.slots[i].constant) memory_[i] = segment.slots[i].constant->mutable_data();
  }
  for (const Segment::Placement& placement : segment.placements) {
    memory_[static_cast<size_t>(placement.slot)] = arena_ + placement.offset;
  }
  const bool first = segment_ == nullptr;
  segment_ = &segment;
  if (first) bind_feeds();
  next_step_ = 0;
  ++depth_;
}

bool Execution::advance(Clock::time_point deadline) {
  auto now = Clock::now();
  do {
    if (planning_) {
      plan_some(deadline);
      now = Clock::now();
    } else if (next_step_ < segment_->steps.size()) {
      now = run_some(now);
    } else if (segment_->awaited.empty()) {
      return true;
    } else {
      begin_next();
      now = Clock::now();
    }
  } while (now < deadline);
  return !planning_ && next_step_ == segment_->steps.size() && segment_->awaited.empty();
}

Clock::time_point Execution::run_some(Clock::time_point start) {
  const Step& step = segment_->steps[next_step_];
  std::vector<const std::byte*> inputs;
  for (const SlotId slot : step.inputs) {
    inputs.push_back(slot == kNoSlot ? nullptr : memory_[static_cast<size_t>(slot)]);
  }
  std::vector<std::byte*> outputs;
  for (const SlotId slot : step.outputs) {
    outputs.push_back(slot == kNoSlot ? nullptr : memory_[static_cast<size_t>(slot)]);
  }
  std::vector<Tensor> dynamic(step.outputs.size());
  RunContext context(inputs, outputs, dynamic, arena_ + step.scratch, plans_.environment().pool);
  if (step.bands) {
    run_bands(step, context);
    return Clock::now();
  }

  step.kernel(context);
  const auto end = Clock::now();
  times_.push_back({&step, std::chrono::duration<double, std::milli>(end - start).count()});
  ++next_step_;
  for (size_t i = 0; i < dynamic.size(); ++i) {
    if (dynamic[i].dtype() == DType::Undefined) continue;
    const auto slot = static_cast<size_t>(step.outputs[i]);
    dynamic_[slot] = std::move(dynamic[i]);
    memory_[slot] = dynamic_[slot].mutable_data();
  }
  return end;
}

void Execution::run_bands(const Step& step, RunContext& context) {
  const BandProgram& program = *step.bands;
  if (next_band_ == 0) {
    for (const BandStep& part : program.steps) times_.push_back({&part.step, 0});
  }
  std::vector<double> milliseconds(program.steps.size());
  program.run(context, next_band_, milliseconds);
  StepTime* times = times_.data() + times_.size() - milliseconds.size();
  for (size_t i = 0; i < milliseconds.size(); ++i) times[i].milliseconds += milliseconds[i];
  if (++next_band_ < program.bands) return;
  next_band_ = 0;
  ++next_step_;
}

Tensor Execution::tensor_of(ValueId id) const {
  const auto slot = static_cast<size_t>(segment_->slot(id, Form()));
  const ValueType& type = segment_->types[static_cast<size_t>(id)];
  if (segment_->slots[slot].constant) return segment_->slots[slot].constant->reshaped(*type.shape);
  if (!type.shape) return dynamic_[slot];
  if (type.dtype == DType::String) return dynamic_[slot].reshaped(*type.shape);
  return Tensor::view(type.dtype, *type.shape, memory_[slot], nullptr);
}

std::vector<std::optional<Shape>> Execution::planned_shapes() {
  while (planning_) plan_some(Clock::time_point::max());
  std::vector<std::optional<Shape>> shapes;
  for (const ValueId id : plans_.environment().graph.outputs) {
    shapes.push_back(segment_->types[static_cast<size_t>(id)].shape);
  }
  return shapes;
}

std::vector<Tensor> Execution::outputs() const {
  std::vector<Tensor> outputs;
  for (const ValueId id : plans_.environment().graph.outputs) outputs.push_back(tensor_of(id));
  return outputs;
}

}  // namespace fovea
