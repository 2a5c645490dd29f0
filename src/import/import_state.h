#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/limits.h"
#include "import/constants.h"
#include "onnx/model.h"

namespace fovea {

// Opset versions by domain, as a model or a function imports them.
using Opsets = std::map<std::string, int, std::less<>>;

// Throws Error(MalformedModel) for a domain that is imported in two versions.
Opsets read_opsets(const std::vector<onnx::OperatorSetId>& imports);

// What a model means by operators of a domain of which it imports no opset: of ONNX's own the
// newest that its IR version came with.
int assumed_opset(std::string_view domain, int64_t ir_version);

// "ai.onnx" is another spelling of the default domain "".
std::string_view normalized_domain(std::string_view domain);

// A model's local functions by what a node calls them.
class Functions {
 public:
  // Throws Error(MalformedModel) for two of the same domain, name and overload.
  explicit Functions(const std::vector<onnx::Function>& functions);
  // The function that the node calls, or null: it is an operator.
  const onnx::Function* find(const onnx::Node& node) const;

 private:
  using Key = std::tuple<std::string_view, std::string_view, std::string_view>;

  std::map<Key, const onnx::Function*> functions_;
};

// Makes names of nodes unique, because caches are keyed by them.
class NodeNames {
 public:
  // `wanted`, or that with the first number behind it that nobody has.
  std::string unique(std::string wanted);

 private:
  std::map<std::string, int> next_number_;  // of every name that is taken
};

// What all graphs of one model share while they are imported.
class ImportState {
 public:
  ImportState(const onnx::Model& model, const ImportSources& sources, const Limits& limits)
      : ir_version(model.ir_version),
        functions(model.functions),
        constants(sources, limits),
        limits_(limits) {}

  // One step into a subgraph or a function, for as long as it lives. Throws Error(LimitExceeded)
  // where they nest too deep, which also bounds the stack that importing takes.
  class Nesting {
   public:
    explicit Nesting(ImportState& state);
    ~Nesting() { --state_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    ImportState& state_;
  };

  // Throws Error(LimitExceeded) when there are more nodes than the limit.
  void count_node();
  size_t nodes() const { return nodes_; }

  // Counts what a call of a function copies, in bytes of about the size it will have: the file's
  // own size bounds what stands in it once, but nothing bounds how often functions call others.
  // Throws Error(LimitExceeded) when all calls copy more than so many nodes would be.
  void count_copied(uint64_t bytes);
  bool in_call() const { return !calls.empty(); }

  int64_t ir_version;
  Functions functions;
  ConstantReader constants;
  NodeNames names;
  std::vector<const onnx::Function*> calls;  // under way, outermost first, through all subgraphs

 private:
  Limits limits_;
  uint64_t depth_ = 0;
  uint64_t nodes_ = 0;
  uint64_t copied_ = 0;
};

}  // namespace fovea
