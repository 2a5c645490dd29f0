#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "ops/op.h"
#include "threads/thread_pool.h"

namespace fovea {

struct PassContext {
  const Operators& ops;
  ThreadPool& pool;
};

// A rewrite that keeps what the graph computes: its inputs, and its outputs in order. One file
// each; a node that stands for several keeps the name of the last and the value it produces.
struct Pass {
  std::string_view name;
  void (*run)(Graph& graph, const PassContext& context);
  // An operator without which it has nothing to do, so that it need not run; empty: none.
  std::string_view needs = {};
};

// Every pass in the order they run.
std::span<const Pass> all_passes();

// Runs all passes but those named in `disabled` ("*": all but dead code removal).
void optimise(Graph& graph, const PassContext& context, std::span<const std::string> disabled);

void remove_dead_code(Graph& graph, const PassContext& context);
void widen_float16(Graph& graph, const PassContext& context);
void fold_constants(Graph& graph, const PassContext& context);
void recognise_pixel_shuffle(Graph& graph, const PassContext& context);
void fold_convolution_affine(Graph& graph, const PassContext& context);
void recognise_activation(Graph& graph, const PassContext& context);
void recognise_layer_normalization(Graph& graph, const PassContext& context);
void fuse_convolution_epilogue(Graph& graph, const PassContext& context);
void fuse_concatenation(Graph& graph, const PassContext& context);
void fuse_attention(Graph& graph, const PassContext& context);
void fuse_matmul_epilogue(Graph& graph, const PassContext& context);

// Makes every reader of `from`, the graph's outputs included, read `to`.
void replace_value(Graph& graph, ValueId from, ValueId to);

// Removes the nodes whose index is marked.
void remove_nodes(Graph& graph, const std::vector<bool>& marked);

}  // namespace fovea
