#include "session/session.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <list>
#include <new>
#include <stdexcept>

#include "base/error.h"
#include "import/import.h"
#include "onnx/model.h"
#include "session/check.h"
#include "session/compiled.h"

namespace fovea {
namespace {

// Choices of outputs a session keeps optimised graphs for: the usual one and a debugging one or
// two.
constexpr size_t kMaxCompiled = 3;

struct Loaded {
  ModelInfo info;
  Graph graph;
};

Loaded load_model(const ModelBytes& bytes, const SessionOptions& options) {
  const onnx::Model model = onnx::decode(bytes.bytes);
  ImportSources sources{bytes.owner, nullptr};
  if (options.external_data) {
    sources.external_file = [&](const std::string& location) -> std::optional<ImportSources::File> {
      auto file = options.external_data(location);
      if (!file) return std::nullopt;
      return ImportSources::File{file->bytes, file->owner};
    };
  }
  Loaded loaded;
  loaded.graph = import_model(model, sources);
  resolve_operators(loaded.graph, kOpTable);
  loaded.info = describe_model(model, loaded.graph);
  return loaded;
}

// Turns the standard library's out-of-memory into the engine's.
template <class Work>
auto guarded(Work work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    fail(ErrorCode::OutOfMemory, "out of memory");
  } catch (const std::length_error&) {
    fail(ErrorCode::OutOfMemory, "out of memory: a container would be too large");
  }
}

std::optional<std::vector<ValueType>> fixed_inputs(const ModelInfo& info) {
  std::vector<ValueType> types;
  for (const InputInfo& input : info.inputs) {
    if (!input.shape || input.dtype == DType::Undefined) return std::nullopt;
    Shape shape;
    for (const Dim& dim : *input.shape) {
      const auto* size = std::get_if<int64_t>(&dim);
      if (!size) return std::nullopt;
      shape.push_back(*size);
    }
    types.push_back({input.dtype, std::move(shape), Layout::Plain, std::nullopt});
  }
  return types;
}

std::optional<int64_t> count_macs(const Loaded& loaded) {
  const auto inputs = fixed_inputs(loaded.info);
  if (!inputs) return std::nullopt;
  ThreadPool pool(1);
  SessionPacks packs;
  const auto plan = plan_first({loaded.graph, kOpTable, packs, pool}, *inputs);
  if (!plan->awaited.empty()) return std::nullopt;
  int64_t macs = 0;
  for (const Step& step : plan->steps) macs += step.work.macs;
  return macs;
}

}  // namespace

ModelReport check_model(ModelBytes bytes, const SessionOptions& options) {
  return guarded([&] {
    const Loaded loaded = load_model(bytes, options);
    ModelReport report;
    report.info = loaded.info;
    report.unsupported = find_unsupported(loaded.graph);
    for (const Node& node : loaded.graph.nodes) ++report.operators[node.op_type];
    for (const Value& value : loaded.graph.values) {
      if (value.constant) report.parameters += value.constant->elements();
    }
    check_arity(loaded.graph);
    if (report.unsupported.empty()) report.macs = count_macs(loaded);
    return report;
  });
}

struct Session::Impl {
  struct Entry {
    std::vector<std::string> fetches;
    std::unique_ptr<Compiled> compiled;
  };

  std::shared_ptr<ThreadPool> pool;
  SessionOptions options;
  Loaded model;
  Arenas arenas;
  std::list<Entry> compiled;  // most recently used first
  bool running = false;

  Compiled& compiled_for(std::vector<std::string> fetches);
  std::vector<Tensor> ordered(std::vector<Feed> feeds, const Graph& graph) const;
};

Compiled& Session::Impl::compiled_for(std::vector<std::string> fetches) {
  if (fetches.empty()) {
    for (const InputInfo& output : model.info.outputs) fetches.push_back(output.name);
  }
  const auto known = std::ranges::find(compiled, fetches, &Entry::fetches);
  if (known != compiled.end()) {
    compiled.splice(compiled.begin(), compiled, known);
  } else {
    auto made = compile(model.graph, fetches, options, *pool);
    compiled.push_front({std::move(fetches), std::move(made)});
    if (compiled.size() > kMaxCompiled) compiled.pop_back();
  }
  return *compiled.front().compiled;
}

std::vector<Tensor> Session::Impl::ordered(std::vector<Feed> feeds, const Graph& graph) const {
  for (const Feed& feed : feeds) {
    const auto known = std::ranges::find(model.info.inputs, feed.name, &InputInfo::name);
    if (known == model.info.inputs.end()) {
      throw Error(ErrorCode::InvalidInput, text("the model has no input named '", feed.name, "'"))
          .with("input", feed.name);
    }
    check_feed(*known, feed.tensor);
  }
  std::vector<Tensor> tensors;
  for (const ValueId id : graph.inputs) {
    const std::string& name = graph.value(id).name;
    const auto given = std::ranges::find(feeds, name, &Feed::name);
    if (given == feeds.end()) {
      throw Error(ErrorCode::InvalidInput, text("input '", name, "' is missing"))
          .with("input", name);
    }
    tensors.push_back(given->tensor);
  }
  return tensors;
}

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;

std::unique_ptr<Session> Session::load(ModelBytes bytes, std::shared_ptr<ThreadPool> pool,
                                       SessionOptions options) {
  return guarded([&] {
    auto impl = std::make_unique<Impl>();
    impl->pool = std::move(pool);
    impl->options = std::move(options);
    impl->model = load_model(bytes, impl->options);
    const auto problems = find_unsupported(impl->model.graph);
    if (!problems.empty()) throw_unsupported(problems);
    check_arity(impl->model.graph);
    impl->compiled_for({});
    return std::unique_ptr<Session>(new Session(std::move(impl)));
  });
}

const ModelInfo& Session::info() const { return impl_->model.info; }

void Session::trim() {
  for (Impl::Entry& entry : impl_->compiled) entry.compiled->plans.clear();
  impl_->arenas.clear();
}

struct Run::State {
  Session::Impl* session;
  std::optional<Execution> execution;
  bool done = false;
  std::vector<Tensor> outputs;

  ~State() { session->running = false; }
};

Run::Run(std::unique_ptr<State> state) : state_(std::move(state)) {}
Run::~Run() = default;

std::unique_ptr<Run> Session::start(std::vector<Feed> feeds, std::vector<std::string> fetches) {
  if (impl_->running) {
    fail(ErrorCode::InvalidInput, "the session is running: its runs take turns");
  }
  return guarded([&] {
    Compiled& compiled = impl_->compiled_for(std::move(fetches));
    std::vector<Tensor> tensors = impl_->ordered(std::move(feeds), compiled.graph);
    impl_->running = true;
    auto state = std::unique_ptr<Run::State>(new Run::State{impl_.get(), std::nullopt, false, {}});
    state->execution.emplace(compiled.plans, impl_->arenas, std::move(tensors));
    return std::unique_ptr<Run>(new Run(std::move(state)));
  });
}

bool Run::advance(double milliseconds) {
  if (state_->done) return true;
  const auto budget = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double, std::milli>(milliseconds));
  guarded([&] {
    state_->done = state_->execution->advance(std::chrono::steady_clock::now() + budget);
    if (state_->done) state_->outputs = state_->execution->outputs();
  });
  return state_->done;
}

std::vector<std::optional<Shape>> Run::planned_shapes() {
  return guarded([&] { return state_->execution->planned_shapes(); });
}

const std::vector<Tensor>& Run::outputs() const { return state_->outputs; }

std::vector<NodeProfile> Run::profile() const {
  std::vector<NodeProfile> profile;
  for (const auto& [step, milliseconds] : state_->execution->times()) {
    const Work& work = step->work;
    profile.push_back({step->node->name, step->node->op_type, work.algorithm, milliseconds,
                       work.macs, work.bytes, work.output ? &*work.output : nullptr});
  }
  return profile;
}

std::vector<Tensor> Session::run(std::vector<Feed> feeds, std::vector<std::string> fetches) {
  constexpr double kSlice = 1e6;
  const auto run = start(std::move(feeds), std::move(fetches));
  while (!run->advance(kSlice)) {
  }
  std::vector<Tensor> outputs;
  for (const Tensor& view : run->outputs()) {
    Tensor copy = Tensor::allocate(view.dtype(), view.shape());
    if (view.dtype() == DType::String) {
      copy.mutable_strings() = view.strings();
    } else if (view.bytes() > 0) {
      std::memcpy(copy.mutable_data(), view.data(), view.bytes());
    }
    outputs.push_back(std::move(copy));
  }
  return outputs;
}

}  // namespace fovea
