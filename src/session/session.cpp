#include "session/session.h"

#include <algorithm>
#include <list>
#include <map>

#include "base/clock.h"
#include "base/error.h"
#include "ops/core/evaluate.h"
#include "session/check.h"
#include "session/compiled.h"
#include "session/loading.h"
#include "session/optimised_model.h"
#include "session/receptive_field.h"
#include "session/tensor_memory.h"

namespace fovea {
namespace {

// Choices of outputs a session keeps optimised graphs for: the usual one and a debugging one or
// two.
constexpr size_t kMaxCompiled = 3;

// The tensor, or a copy of it if it has bools other than 0 and 1, which kernels take for what they
// are not.
Tensor with_plain_bools(const Tensor& tensor) {
  if (tensor.dtype() != DType::Bool) return tensor;
  if (are_bools({tensor.data(), tensor.bytes()})) return tensor;
  Tensor plain = copy_of(tensor);
  normalize_bools({plain.mutable_data(), plain.bytes()});
  return plain;
}

bool is_narrow(DType dtype) { return dtype == DType::Float16 || dtype == DType::BFloat16; }

// The graph computes 16-bit floats in float32, and casts tensors at its borders: those in a
// sequence are cast here.
Tensor with_elements(const Tensor& sequence, DType from, DType to, ThreadPool& pool) {
  Tensor cast = copy_of(sequence);
  for (Tensor& item : cast.mutable_as<Tensor>()) {
    if (item.dtype() != from) continue;
    item = evaluate_op("Cast", {{"to", static_cast<int64_t>(to)}}, {&item, 1}, pool);
  }
  return cast;
}

Tensor widened(const Tensor& tensor, ThreadPool& pool) {
  if (tensor.dtype() != DType::Sequence) return tensor;
  const Tensor wide = with_elements(tensor, DType::Float16, DType::Float, pool);
  return with_elements(wide, DType::BFloat16, DType::Float, pool);
}

}  // namespace

struct Session::Impl {
  struct Entry {
    Selection selection;
    std::unique_ptr<Compiled> compiled;
  };
  using FeedsByName = std::map<std::string_view, const Tensor*>;

  std::shared_ptr<ThreadPool> pool;
  SessionOptions options;
  Loaded model;
  std::map<std::string_view, const InputInfo*> feedable;  // `model.info`'s inputs and defaults
  Arenas arenas;
  std::list<Entry> compiled;  // most recently used first
  bool running = false;
  bool trim_when_idle = false;

  void trim();
  FeedsByName checked(std::vector<Feed>& feeds) const;
  Selection selection(const FeedsByName& feeds, std::vector<std::string> fetches) const;
  // The declared element types of the sequences among what is fetched.
  std::vector<DType> elements_of(const Selection& selection) const;
  Compiled& compiled_for(Selection selection);
};

void Session::Impl::trim() {
  trim_when_idle = running;
  if (running) return;
  for (Entry& entry : compiled) entry.compiled->plans.clear();
  arenas.clear();
}

Session::Impl::FeedsByName Session::Impl::checked(std::vector<Feed>& feeds) const {
  FeedsByName by_name;
  for (Feed& feed : feeds) {
    const auto known = feedable.find(feed.name);
    if (known == feedable.end()) {
      throw Error(ErrorCode::InvalidInput, text("the model has no input named '", feed.name, "'"))
          .with("input", feed.name);
    }
    check_feed(*known->second, feed.tensor);
    feed.tensor = widened(with_plain_bools(feed.tensor), *pool);
    if (!by_name.emplace(feed.name, &feed.tensor).second) {
      throw Error(ErrorCode::InvalidInput, text("input '", feed.name, "' is fed twice"))
          .with("input", feed.name);
    }
  }
  for (const InputInfo& input : model.info.inputs) {
    if (by_name.contains(input.name)) continue;
    throw Error(ErrorCode::InvalidInput, text("input '", input.name, "' is missing"))
        .with("input", input.name);
  }
  return by_name;
}

Selection Session::Impl::selection(const FeedsByName& feeds,
                                   std::vector<std::string> fetches) const {
  Selection selection;
  if (!std::ranges::equal(fetches, model.info.outputs, {}, {}, &InputInfo::name)) {
    selection.fetches = std::move(fetches);
  }
  for (const InputInfo& input : model.info.defaults) {
    if (feeds.contains(input.name)) selection.overridden.push_back(input.name);
  }
  return selection;
}

std::vector<DType> Session::Impl::elements_of(const Selection& selection) const {
  std::vector<DType> elements;
  if (selection.fetches.empty()) {
    for (const InputInfo& output : model.info.outputs) elements.push_back(output.element);
  }
  for (const std::string& name : selection.fetches) {
    const auto output = std::ranges::find(model.info.outputs, name, &InputInfo::name);
    elements.push_back(output == model.info.outputs.end() ? DType::Undefined : output->element);
  }
  return elements;
}

Compiled& Session::Impl::compiled_for(Selection selection) {
  const auto known = std::ranges::find(compiled, selection, &Entry::selection);
  if (known != compiled.end()) {
    compiled.splice(compiled.begin(), compiled, known);
  } else {
    auto made = compile(model.graph, selection, options, *pool);
    compiled.push_front({std::move(selection), std::move(made)});
    if (compiled.size() > kMaxCompiled) compiled.pop_back();
  }
  return *compiled.front().compiled;
}

Session::Session(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;

std::unique_ptr<Session> Session::load(ModelBytes bytes, std::shared_ptr<ThreadPool> pool,
                                       SessionOptions options) {
  return guarded([&] {
    check_disabled_passes(options.disabled_passes);
    auto impl = std::make_shared<Impl>();
    impl->pool = std::move(pool);
    impl->options = std::move(options);
    impl->model = load_model(bytes, impl->options);
    for (const auto* inputs : {&impl->model.info.inputs, &impl->model.info.defaults}) {
      for (const InputInfo& input : *inputs) impl->feedable.emplace(input.name, &input);
    }
    impl->compiled_for({});
    return std::unique_ptr<Session>(new Session(std::move(impl)));
  });
}

const ModelInfo& Session::info() const { return impl_->model.info; }

Session::Held Session::held() const {
  TensorMemory weights;
  weights.add(impl_->model.graph);
  for (const Impl::Entry& entry : impl_->compiled) {
    weights.add(entry.compiled->graph);
    for (const auto& [key, packed] : entry.compiled->packs.tensors()) weights.add(packed);
  }
  return {weights.bytes(), impl_->arenas.bytes()};
}

ReceptiveField Session::receptive_field(const FieldRequest& request) const {
  return receptive_field_of(impl_->model, impl_->options, *impl_->pool, request);
}

std::string Session::optimised_model() const {
  return guarded([&] {
    std::string file = fovea::optimised_model(impl_->model, impl_->options, *impl_->pool);
    put_away(impl_->model.graph, impl_->options.depot);
    return file;
  });
}

void Session::trim() { impl_->trim(); }

struct Run::State {
  explicit State(std::shared_ptr<Session::Impl> its_session) : session(std::move(its_session)) {
    session->running = true;
  }
  ~State() { end(); }

  // Leaves the session to other runs.
  void end();
  Execution& under_way();
  // What `work` gives of the execution under way, which ends where that throws.
  template <class Work>
  auto attempt(Work work);
  void narrow_sequences();

  std::shared_ptr<Session::Impl> session;  // null after the end
  std::optional<Execution> execution;
  bool done = false;
  std::vector<Tensor> outputs;
  std::vector<DType> elements;  // by output, see Impl::elements_of
};

void Run::State::end() {
  if (!session) return;
  outputs.clear();
  execution.reset();
  session->running = false;
  if (session->trim_when_idle) session->trim();
  session.reset();
}

Execution& Run::State::under_way() {
  if (!execution) fail(ErrorCode::InvalidInput, "the run has failed and cannot go on");
  return *execution;
}

template <class Work>
auto Run::State::attempt(Work work) {
  Execution& execution_under_way = under_way();
  try {
    return guarded([&] { return work(execution_under_way); });
  } catch (...) {
    end();
    throw;
  }
}

void Run::State::narrow_sequences() {
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].dtype() != DType::Sequence || !is_narrow(elements[i])) continue;
    outputs[i] = with_elements(outputs[i], DType::Float, elements[i], *session->pool);
  }
}

Run::Run(std::unique_ptr<State> state) : state_(std::move(state)) {}
Run::~Run() = default;

std::unique_ptr<Run> Session::start(std::vector<Feed> feeds, std::vector<std::string> fetches) {
  if (impl_->running) {
    fail(ErrorCode::InvalidInput, "the session is running: its runs take turns");
  }
  return guarded([&] {
    const Impl::FeedsByName given = impl_->checked(feeds);
    Selection selection = impl_->selection(given, std::move(fetches));
    std::vector<DType> elements = impl_->elements_of(selection);
    Compiled& compiled = impl_->compiled_for(std::move(selection));
    std::vector<Tensor> tensors;
    for (const ValueId id : compiled.graph.inputs) {
      tensors.push_back(*given.at(impl_->model.graph.value(id).name));
    }
    auto state = std::make_unique<Run::State>(impl_);
    state->elements = std::move(elements);
    state->execution.emplace(compiled.plans, impl_->arenas, std::move(tensors));
    return std::unique_ptr<Run>(new Run(std::move(state)));
  });
}

bool Run::advance(double milliseconds) {
  if (state_->done) return true;
  return state_->attempt([&](Execution& execution) {
    state_->done = execution.advance(in_milliseconds(milliseconds));
    if (state_->done) {
      state_->outputs = execution.outputs();
      state_->narrow_sequences();
    }
    return state_->done;
  });
}

const HostQuestion* Run::question() const {
  return state_->execution ? state_->execution->question() : nullptr;
}

void Run::answer(std::vector<Tensor> outputs) {
  state_->attempt([&](Execution& execution) {
    for (Tensor& output : outputs) output = with_plain_bools(output);
    execution.answer(std::move(outputs));
  });
}

std::vector<std::optional<Shape>> Run::planned_shapes() {
  return state_->attempt([](Execution& execution) { return execution.planned_shapes(); });
}

const std::vector<Tensor>& Run::outputs() const { return state_->outputs; }

std::vector<NodeProfile> Run::profile() const {
  std::vector<NodeProfile> profile;
  const Execution& execution = state_->under_way();
  const auto sources = execution.sources();
  for (const auto& [step, milliseconds] : execution.times()) {
    const Work& work = step->work;
    profile.push_back({step->node->name,
                       step->node->op_type,
                       work.algorithm,
                       milliseconds,
                       work.macs,
                       work.bytes,
                       work.output ? &*work.output : nullptr,
                       {}});
    for (const StepSource& source : sources[profile.size() - 1]) {
      if (source.step) {
        profile.back().reads.emplace_back(*source.step);
      } else {
        profile.back().reads.emplace_back(execution.graph().value(source.fed).name);
      }
    }
  }
  return profile;
}

std::vector<Tensor> Session::run(std::vector<Feed> feeds, std::vector<std::string> fetches) {
  constexpr double kSlice = 1e6;
  const auto run = start(std::move(feeds), std::move(fetches));
  while (!run->advance(kSlice)) {
    if (!run->question()) continue;
    fail(ErrorCode::InvalidInput, "a custom operator is computed by whoever advances the run");
  }
  std::vector<Tensor> outputs;
  for (const Tensor& view : run->outputs()) outputs.push_back(copy_of(view));
  return outputs;
}

}  // namespace fovea
