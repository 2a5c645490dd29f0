#include "plan/plan.h"

#include <algorithm>
#include <map>

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

void append_elements(std::string& key, const Tensor& tensor) {
  if (tensor.dtype() != DType::String) return append_bytes(key, tensor.data(), tensor.bytes());
  for (const std::string& element : tensor.strings()) {
    const size_t size = element.size();
    append_bytes(key, &size, sizeof size);
    key += element;
  }
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
    if (by_content) append_elements(key, answers[i]);
  }
  return key;
}

double milliseconds_from(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - start).count();
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

void PlanCache::clear() {
  entries_.clear();
  inner_.clear();
}

PlanCache::Inner& PlanCache::inner(const Graph& subgraph) {
  auto& inner = inner_[&subgraph];
  if (!inner) inner = std::make_unique<Inner>(environment_, subgraph, capacity_, inner_.size());
  return *inner;
}

Tensor InnerPacks::get(const Node& node, std::string_view key,
                       const std::function<Tensor()>& pack) {
  return outer_.get(node, text("graph ", number_, "/", key), pack);
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

uint64_t Arenas::bytes() const {
  uint64_t bytes = 0;
  for (const Arena& arena : arenas_) bytes += arena.bytes;
  return bytes;
}

Execution::Execution(PlanCache& plans, Arenas& arenas, std::vector<Tensor> feeds,
                     const std::vector<bool>& constant)
    : plans_(plans), arenas_(arenas), feeds_(std::move(feeds)) {
  for (const Tensor& feed : feeds_) {
    feed_types_.push_back({feed.dtype(), feed.shape(), Form(), std::nullopt});
  }
  for (size_t back = 1; back <= constant.size(); ++back) {
    if (!constant[constant.size() - back]) continue;
    ValueType& type = feed_types_[feed_types_.size() - back];
    type.content = feeds_[feeds_.size() - back];
    type.constant = true;
  }
  key_ = key_of(feed_types_);
  if (Segment* known = plans_.find(key_)) {
    enter(*known);
  } else {
    planning_ = std::make_unique<Planning>(plans_.environment(), feed_types_);
  }
}

Execution::~Execution() = default;

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
  const std::vector<ValueId> fed = fed_values(plans_.environment().graph);
  for (size_t i = 0; i < feeds_.size(); ++i) {
    const auto slot = static_cast<size_t>(segment_->slot(fed[i], Form()));
    memory_[slot] = feeds_[i].mutable_data();
    if (is_object(feeds_[i].dtype())) made_[slot] = feeds_[i];
  }
}

void Execution::enter(Segment& segment) {
  arena_ = arenas_.reserve(depth_, segment.arena_bytes);
  memory_.resize(segment.slots.size(), nullptr);
  made_.resize(segment.slots.size());
  for (size_t i = 0; i < segment.slots.size(); ++i) {
    const auto& constant = segment.slots[i].constant;
    if (constant) memory_[i] = const_cast<std::byte*>(constant->data_if_here());
  }
  for (const Segment::Placement& placement : segment.placements) {
    memory_[static_cast<size_t>(placement.slot)] = arena_ + placement.offset;
  }
  const bool first = segment_ == nullptr;
  segment_ = &segment;
  if (first) bind_feeds();
  // Views of what is fed, or of an earlier segment, have no place of their own.
  for (size_t i = 0; i < segment.slots.size(); ++i) {
    const SlotId owner = segment.slots[i].shares;
    if (owner != kNoSlot) memory_[i] = memory_[static_cast<size_t>(owner)];
  }
  next_step_ = 0;
  ++depth_;
}

bool Execution::advance(Clock::time_point deadline) {
  auto now = Clock::now();
  // The host's time is the node's, and that of those around it.
  if (const auto asked = std::exchange(asked_at_, std::nullopt)) {
    times_.back().milliseconds += milliseconds_from(*asked, now);
  }
  do {
    if (planning_) {
      plan_some(deadline);
      now = Clock::now();
    } else if (next_step_ < segment_->steps.size()) {
      now = run_some(now, deadline);
    } else if (segment_->awaited.empty()) {
      return true;
    } else {
      begin_next();
      now = Clock::now();
    }
  } while (now < deadline && !question());
  if (question()) asked_at_ = now;
  return !planning_ && next_step_ == segment_->steps.size() && segment_->awaited.empty();
}

std::vector<std::vector<StepSource>> Execution::sources() const {
  std::map<SlotId, size_t> makers;
  std::vector<std::vector<StepSource>> sources(times_.size());
  for (size_t i = 0; i < times_.size(); ++i) {
    const Step& step = *times_[i].step;
    for (const SlotId input : step.inputs) {
      if (input == kNoSlot) continue;
      const Slot& slot = segment_->slots[static_cast<size_t>(input)];
      if (slot.constant) continue;
      const SlotId owner = slot.shares == kNoSlot ? input : slot.shares;
      if (const auto maker = makers.find(owner); maker != makers.end()) {
        sources[i].push_back({maker->second});
      } else {
        sources[i].push_back({{}, segment_->slots[static_cast<size_t>(owner)].value});
      }
    }
    for (const SlotId output : step.outputs) makers.emplace(output, i);
  }
  return sources;
}

Clock::time_point Execution::run_some(Clock::time_point start, Clock::time_point deadline) {
  const Step& step = segment_->steps[next_step_];
  if (step.bands) {
    run_bands(step);
    return Clock::now();
  }
  if (step.routine) {
    const bool begins = !routine_;
    const bool done = advance_routine(step, deadline);
    const auto end = Clock::now();
    if (begins) times_.push_back({&step, 0});
    times_.back().milliseconds += milliseconds_from(start, end);
    if (done) ++next_step_;
    return end;
  }
  if (step.compute) {
    compute(step);
  } else {
    run_kernel(step);
  }
  const auto end = Clock::now();
  times_.push_back({&step, milliseconds_from(start, end)});
  ++next_step_;
  return end;
}

std::vector<const std::byte*> Execution::inputs_of(const Step& step) const {
  std::vector<const std::byte*> inputs;
  for (const SlotId slot : step.inputs) {
    inputs.push_back(slot == kNoSlot ? nullptr : memory_[static_cast<size_t>(slot)]);
  }
  return inputs;
}

std::vector<std::byte*> Execution::outputs_of(const Step& step) {
  std::vector<std::byte*> outputs;
  for (const SlotId id : step.outputs) {
    if (id == kNoSlot) {
      outputs.push_back(nullptr);
      continue;
    }
    const ValueType& type = type_of(id);
    // Objects have memory of their own, and are new in each run.
    if (is_object(type.dtype) && type.shape) keep(id, Tensor::allocate(type.dtype, *type.shape));
    outputs.push_back(memory_[static_cast<size_t>(id)]);
  }
  return outputs;
}

void Execution::run_kernel(const Step& step) {
  const auto inputs = inputs_of(step);
  const auto outputs = outputs_of(step);
  std::vector<Tensor> dynamic(step.outputs.size());
  RunContext context(inputs, outputs, dynamic, arena_ + step.scratch, plans_.environment().pool);
  try {
    (*step.kernel)(context);
  } catch (Error& error) {
    fail_at(step, error);
  }
  for (size_t i = 0; i < dynamic.size(); ++i) {
    if (dynamic[i].dtype() != DType::Undefined) keep(step.outputs[i], std::move(dynamic[i]));
  }
}

void Execution::fail_at(const Step& step, Error& error) const {
  std::vector<const ValueType*> types;
  for (size_t i = 0; i < step.node->inputs.size(); ++i) {
    types.push_back(step.inputs[i] == kNoSlot ? nullptr : &type_of(step.inputs[i]));
  }
  rethrow_at(*step.node, types, error);
}

class Execution::KnownInputs {
 public:
  KnownInputs(const Execution& execution, const Node& node) : types_(node.inputs.size()) {
    for (size_t i = 0; i < types_.size(); ++i) {
      pointers_.push_back(node.inputs[i] == kNoValue ? nullptr : &types_[i]);
      if (node.inputs[i] == kNoValue) continue;
      Tensor tensor = execution.tensor_of(node.inputs[i]);
      const auto id = static_cast<size_t>(node.inputs[i]);
      const bool constant = execution.segment_->types[id].constant;
      types_[i] = {tensor.dtype(), tensor.shape(), Form(), std::move(tensor), constant};
    }
  }
  std::span<const ValueType* const> types() const { return pointers_; }

 private:
  std::vector<ValueType> types_;
  std::vector<const ValueType*> pointers_;
};

void Execution::compute(const Step& step) {
  const KnownInputs inputs(*this, *step.node);
  try {
    const PlanEnvironment& environment = plans_.environment();
    auto results = compute_node(*step.node, inputs.types(), step.compute, environment.pool,
                                &environment.packs);
    for (size_t i = 0; i < results.size(); ++i) {
      if (step.outputs[i] != kNoSlot) keep(step.outputs[i], std::move(results[i]));
    }
  } catch (Error& error) {
    rethrow_at(*step.node, inputs.types(), error);
  }
}

bool Execution::take_results(std::vector<Tensor>& results, Clock::time_point deadline) {
  if (question_) {
    if (!answer_) return false;
    results = *std::exchange(answer_, std::nullopt);
    question_.reset();
  } else if (inner_) {
    if (!inner_->advance(deadline)) return false;
    // The next call works in the same memory.
    for (const Tensor& result : inner_->outputs()) results.push_back(copy_of(result));
    inner_.reset();
  }
  return true;
}

const HostQuestion* Execution::question() const {
  if (inner_) return inner_->question();
  return question_ && !answer_ ? &*question_ : nullptr;
}

void Execution::answer(std::vector<Tensor> outputs) {
  if (inner_) return inner_->answer(std::move(outputs));
  if (!question()) fail(ErrorCode::InvalidInput, "no node is to be computed");
  const Step& step = segment_->steps[next_step_];
  outputs.resize(step.outputs.size());
  const KnownInputs inputs(*this, *step.node);
  try {
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (step.outputs[i] == kNoSlot) continue;
      outputs[i] =
          accept_result(static_cast<int>(i), type_of(step.outputs[i]), std::move(outputs[i]));
    }
  } catch (Error& error) {
    rethrow_at(*step.node, inputs.types(), error);
  }
  answer_ = std::move(outputs);
}

// True when the node is done.
bool Execution::advance_routine(const Step& step, Clock::time_point deadline) {
  std::vector<Tensor> results;
  if (!take_results(results, deadline)) return false;
  const KnownInputs inputs(*this, *step.node);
  try {
    if (!routine_) routine_ = step.routine(NodeContext(*step.node, inputs.types()));
    if (auto next = routine_->next(std::move(results))) {
      if (next->graph) {
        inner_ = call(step, std::move(*next));
      } else {
        question_ = {step.node, std::move(next->feeds)};
      }
      return false;
    }
    std::vector<Tensor> outputs = routine_->outputs();
    for (size_t i = 0; i < step.outputs.size(); ++i) {
      if (step.outputs[i] != kNoSlot) keep(step.outputs[i], std::move(outputs[i]));
    }
  } catch (Error& error) {
    rethrow_at(*step.node, inputs.types(), error);
  }
  routine_.reset();
  calls_ = 0;
  return true;
}

std::unique_ptr<Execution> Execution::call(const Step& step, GraphCall call) {
  const PlanEnvironment& environment = plans_.environment();
  if (++calls_ > environment.limits.trips) {
    fail_limit("limits.trips", text(step.node->op_type, " makes more trips than it may"));
  }
  std::vector<bool> constant;
  for (const Capture& capture : call.graph->captures) {
    call.feeds.push_back(tensor_of(capture.outer));
    constant.push_back(segment_->types[static_cast<size_t>(capture.outer)].constant);
  }
  PlanCache::Inner& inner = plans_.inner(*call.graph);
  return std::make_unique<Execution>(inner.plans, inner.arenas, std::move(call.feeds), constant);
}

void Execution::keep(SlotId id, Tensor tensor) {
  std::byte* const data = tensor.mutable_data();
  made_[static_cast<size_t>(id)] = std::move(tensor);
  memory_[static_cast<size_t>(id)] = data;
  // Views are added later than what they show.
  for (size_t view = static_cast<size_t>(id) + 1; view < segment_->slots.size(); ++view) {
    if (segment_->slots[view].shares == id) memory_[view] = data;
  }
}

void Execution::run_bands(const Step& step) {
  const BandProgram& program = *step.bands;
  const auto inputs = inputs_of(step);
  const auto outputs = outputs_of(step);
  RunContext context(inputs, outputs, {}, arena_ + step.scratch, plans_.environment().pool);
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

const ValueType& Execution::type_of(SlotId id) const {
  const Slot& slot = segment_->slots[static_cast<size_t>(id)];
  return segment_->types[static_cast<size_t>(slot.value)];
}

Tensor Execution::tensor_of(ValueId id) const {
  const SlotId in = segment_->slot(id, Form());
  const Slot& slot = segment_->slots[static_cast<size_t>(in)];
  const ValueType& type = segment_->types[static_cast<size_t>(id)];
  if (slot.constant) return slot.constant->reshaped(*type.shape);
  const SlotId owner = slot.shares == kNoSlot ? in : slot.shares;
  const Tensor& made = made_[static_cast<size_t>(owner)];
  if (!type.shape) return made;
  if (made.dtype() != DType::Undefined) return made.reshaped(*type.shape);
  return Tensor::view(type.dtype, *type.shape, memory_[static_cast<size_t>(in)], nullptr);
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
