#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "graph/graph.h"
#include "ops/core/custom.h"
#include "ops/op.h"
#include "plan/planner.h"
#include "plan/receptive_field.h"
#include "tensor/tensor.h"
#include "threads/thread_pool.h"

namespace fovea {

// Bytes and what keeps them alive. A model's own tensors are copied out of them, and nothing refers
// to them once it is loaded; tensors in external files are read in place where they lie aligned.
struct ModelBytes {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

struct SessionOptions {
  // Gives the bytes of an external data file by the location the model names, or nullopt.
  std::function<std::optional<ModelBytes>(const std::string& location)> external_data = {};
  // Optimisation passes by name (all_passes()) that are not to run, or "bands", so that no image is
  // cut; "*" turns all off.
  std::vector<std::string> disabled_passes = {};
  Precision precision = Precision::Default;
  BandLimits bands = {};
  Limits limits = {};
  // Where weights go that the kernels have in a form of their own; else they stay.
  Depot depot = {};
  // Where nodes find their operators.
  std::shared_ptr<const Operators> operators = {std::shared_ptr<const void>(), &kOpTable};
  // Input signatures whose plans are kept.
  size_t plan_cache_size = 8;
};

struct InputInfo {
  std::string name;
  DType dtype;
  std::optional<std::vector<Dim>> shape;  // nullopt: the model does not declare it
  DType element = DType::Undefined;       // of a sequence's tensors, as far as it is declared
};

struct OpsetInfo {
  std::string domain;
  int64_t version;
};

struct ModelInfo {
  int64_t ir_version = 0;
  std::string producer_name;
  std::string producer_version;
  std::vector<OpsetInfo> opsets;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<InputInfo> inputs;    // that must be fed
  std::vector<InputInfo> defaults;  // that may be: initialisers that are inputs, too
  std::vector<InputInfo> outputs;
};

struct NodeProblem {
  std::string node;
  std::string op_type;
  std::string domain;
  int opset;
  std::string message;
};

// What a model needs, found without running it.
struct ModelReport {
  ModelInfo info;
  std::vector<NodeProblem> unsupported;      // every node the outputs need and the engine lacks
  std::map<std::string, int64_t> operators;  // operator -> number of nodes
  int64_t parameters = 0;                    // elements of all initialisers
  std::optional<int64_t> macs;  // for the declared shapes, if all are fixed and int64 holds it
};

// Throws Error as Session::load does, but for unsupported operators, which are reported.
ModelReport check_model(ModelBytes model, const SessionOptions& options = {});

struct Feed {
  std::string name;
  Tensor tensor;
};

// Whose dependence on whom is asked, and at which shapes of the model's inputs, by name: of all
// that must be fed, and of others that are to be. Sizes are such that borders play no part.
struct FieldRequest {
  std::string input;
  std::string output;
  std::map<std::string, Shape> shapes;
  PictureAxes input_axes;
  PictureAxes output_axes;
};

// What one node did in a run, and how long it took. The layout conversions that the engine puts
// between nodes are there too, as ToChannelsLast and ToPlain of the value they convert.
struct NodeProfile {
  std::string_view node;
  std::string_view op_type;
  std::string_view algorithm;  // empty where the operator knows but one
  double milliseconds;
  int64_t macs;            // multiply-accumulates by definition: the algorithm may need fewer
  uint64_t bytes;          // of all inputs, weights included, and outputs, as they lie in memory
  const Shape* out_shape;  // of output 0; null: it depends on data
  // What it reads: of earlier nodes, as indices into the profile, or inputs of the model.
  std::vector<std::variant<size_t, std::string_view>> reads;
};

class Session;

// One inference under way. It uses its session's memory, which it keeps where the session goes
// first: until it is gone or has failed, no other run of that session can be started.
class Run {
 public:
  ~Run();

  // Plans and computes for about `milliseconds`, whole nodes at a time, at least one; true when all
  // is done. Throws Error for data that does not fit; then the run has failed, its results are
  // gone, and it cannot be advanced any more (Error(InvalidInput)), but the session is usable.
  bool advance(double milliseconds);

  // A node of a custom operator that is to be computed before advance() does any more; null: there
  // is none.
  const HostQuestion* question() const;
  // The outputs of that node, which are kept; those it leaves out may be anything. Throws
  // Error(InvalidInput) as advance() does where they are not what the operator's infer() said.
  void answer(std::vector<Tensor> outputs);

  // The shapes that advance() will give the fetched tensors, in the order asked for; nullopt where
  // they depend on data that is not computed yet. Plans to the end first, and throws as advance().
  std::vector<std::optional<Shape>> planned_shapes();

  // The fetched tensors in the order asked for; views that last until the session's next run.
  const std::vector<Tensor>& outputs() const;
  // Each node so far, in the order they ran; what it refers to lasts as long as the run.
  std::vector<NodeProfile> profile() const;

 private:
  friend class Session;
  struct State;
  explicit Run(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A loaded model, ready to run on inputs of any shape it allows.
class Session {
 public:
  // Throws Error: MalformedModel, UnsupportedOperator (all of them at once, in the field
  // "operators"; nodes that no output needs may be of any), UnsupportedAttribute, InvalidInput (an
  // external file is missing, or an option names what does not exist), OutOfMemory, LimitExceeded.
  static std::unique_ptr<Session> load(ModelBytes model, std::shared_ptr<ThreadPool> pool,
                                       SessionOptions options = {});
  ~Session();

  const ModelInfo& info() const;

  // `feeds` are all of info().inputs, and those of info().defaults that are not to have their own
  // value in this run. `fetches` may name any value of the model, intermediate ones too; empty: all
  // graph outputs. Throws Error(InvalidInput) for a missing, unknown, repeated or ill-typed feed,
  // and while another run is under way.
  std::unique_ptr<Run> start(std::vector<Feed> feeds, std::vector<std::string> fetches = {});

  // start() and advance() to the end, copied out. Throws Error(InvalidInput) where there is a
  // question.
  std::vector<Tensor> run(std::vector<Feed> feeds, std::vector<std::string> fetches = {});

  // What it holds, in bytes: of weights, the model's and those in the form that kernels want, and
  // the memory that runs work in.
  struct Held {
    uint64_t weights;
    uint64_t arenas;
  };
  Held held() const;

  // What an output depends on of a picture, by the operators' rules: nothing runs. Throws Error as
  // start() and planning do.
  ReceptiveField receptive_field(const FieldRequest& request) const;

  // The model as the passes leave it that make standard ONNX of it, as a file (optimised_model.h).
  std::string optimised_model() const;

  // Gives back the memory of plans and activations, as soon as no run is under way; the next run
  // makes them anew.
  void trim();

 private:
  friend class Run;
  struct Impl;
  explicit Session(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with the run under way
};

}  // namespace fovea
