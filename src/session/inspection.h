#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "session/loading.h"

namespace fovea {

// What a model's values are at certain sizes of its inputs, as far as that can be known without
// running it.
struct TypesAtSizes {
  std::vector<std::optional<Shape>> shapes;  // by value, as Inspection::values()
  // Multiply-accumulates; nullopt where some node's shapes depend on data, or beyond int64.
  std::optional<int64_t> macs;
  std::optional<Error> refusal;  // what the first node said that does not take its inputs
};

// What a session takes, in bytes: of tensors, not of the engine itself.
struct MemoryNeed {
  uint64_t weights = 0;      // the model's, and those in the form that kernels want
  uint64_t activations = 0;  // during a run: feeds, and what is computed
  uint64_t peak = 0;         // the most at a time, while loading (with the file) or running
};

// A model that is examined without running it.
class Inspection {
 public:
  // Throws Error as Session::load does, but for unsupported operators, which are reported.
  Inspection(const ModelBytes& model, std::shared_ptr<ThreadPool> pool, SessionOptions options);

  const ModelReport& report() const { return report_; }

  // What the outputs need, in order: inputs, the results of nodes, outputs that are neither. With
  // the element type as far as sizes do not tell it.
  struct TypedValue {
    std::string name;
    DType dtype;
  };
  const std::vector<TypedValue>& values() const { return values_; }

  // By the shape rules of the operators, for inputs of these shapes, in the order of the report's;
  // nullopt: not known. What a node refuses, and what follows from it, has no shape.
  TypesAtSizes types_at(std::span<const std::optional<Shape>> inputs) const;

  // Of a session with the same options, for one run with inputs of these shapes; nullopt where that
  // depends on data. Throws Error as a run does before it computes, and UnsupportedOperator.
  std::optional<MemoryNeed> memory_at(std::span<const std::optional<Shape>> inputs) const;

 private:
  std::vector<ValueType> feeds(std::span<const std::optional<Shape>> shapes) const;

  std::shared_ptr<ThreadPool> pool_;
  SessionOptions options_;
  uint64_t file_bytes_;
  Loaded loaded_;
  Graph typed_;  // whose outputs are values_, lowered
  ModelReport report_;
  std::vector<TypedValue> values_;
};

}  // namespace fovea
