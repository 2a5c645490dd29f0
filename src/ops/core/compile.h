#pragma once

#include <string>
#include <vector>

#include "ops/op.h"

// The one way from a node to its kernel, for all who compute nodes: the planner, bands, constants.
namespace fovea {

// What a node computes and moves, for profiles.
struct Work {
  int64_t macs = 0;       // multiply-accumulates by the operator's definition (Meaning::macs)
  uint64_t bytes = 0;     // of all inputs, weights included, and outputs, as they lie in memory
  std::string algorithm;  // see PlanContext::describe
  std::optional<Shape> output;  // shape of output 0; nullopt: it depends on data
};

// The forms of a node's inputs and outputs, by index.
struct Forms {
  std::vector<Form> accepted;
  std::vector<Form> given;
};

struct CompiledNode {
  // Null where one of the next two is there instead, or a fused node has to be planned as its body.
  Kernel kernel;
  ComputeRule compute = nullptr;
  RoutineRule routine = nullptr;

  bool computes() const { return kernel || compute || routine; }
  Forms forms;      // that the kernel takes and gives
  InputSet packed;  // that the kernel does not read: it has what it needs of their elements
  uint64_t scratch_bytes = 0;
  int overwrites = kNoInput;  // see PlanContext::overwrite
  Work work;
};

// Chooses the kernel of a node. `outputs` are what infer_node() said. The operator chooses the
// forms, unless `forced` says which they are. Throws what the operator's rules throw, and
// Error(OutOfMemory) where an output cannot be had.
CompiledNode compile_node(const Node& node, std::span<const ValueType* const> inputs,
                          std::span<const ValueType> outputs, const Machine& machine,
                          const Forms* forced = nullptr);

// The outputs of a node that has CpuRule::compute, from inputs whose contents are all known.
std::vector<Tensor> compute_node(const Node& node, std::span<const ValueType* const> inputs,
                                 ComputeRule compute, ThreadPool& pool, PackCache* packs);

// What computes a node in its place, with the node's inputs and outputs as the graph's: its
// operator's function, or the body of a fused node.
Graph written_out(const Node& node, std::span<const ValueType* const> inputs);

// Says at which node an error happened.
[[noreturn]] void rethrow_at(const Node& node, std::span<const ValueType* const> inputs,
                             Error& error);

}  // namespace fovea
