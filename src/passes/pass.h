#pragma once

#include <span>
#include <string>
#include <string_view>

#include "graph/graph.h"
#include "ops/meaning.h"
#include "passes/rewriter.h"
#include "threads/thread_pool.h"

namespace fovea {

struct PassContext {
  const Operators& ops;
  ThreadPool& pool;
  // The graph is a node's attribute: it may turn out not to be run.
  bool in_subgraph = false;
};

// A rewrite that keeps what the graph computes: its inputs, and its outputs in order. One file
// each; a node that stands for several keeps the name of the last and the value it produces.
struct Pass {
  std::string_view name;
  void (*run)(Rewriter& graph, const PassContext& context);
  // An operator without which it has nothing to do, so that it need not run; empty: none.
  std::string_view needs = {};
};

// Every pass in the order they run.
std::span<const Pass> all_passes();

// Writes what the engine has no kernels for with what it has, whatever passes are to run: float16
// and bfloat16 are computed in float32. Feeds and outputs keep their types, and a Cast to a
// narrower type rounds as it is written. Subgraphs are changed in place; see Graph::clone().
void lower(Graph& graph, const Operators& ops);

// Writes the branches that Ifs of known conditions take in their place, whatever passes are to run:
// nobody asks whether there are operators for the others. Dead nodes go, too.
void write_out_branches(Graph& graph, ThreadPool& pool);

// Runs all passes but those named in `disabled` ("*": all) on the graph and then on its subgraphs,
// which are changed in place. Nodes and constants that nothing reads go in any case.
void optimise(Graph& graph, const PassContext& context, std::span<const std::string> disabled);

// Drops nodes none of whose outputs is read, and the memory of constants nobody reads any more.
void remove_dead_code(Graph& graph);

void fold_constants(Rewriter& graph, const PassContext& context);
void fuse_quantised_convolution(Rewriter& graph, const PassContext& context);
void keep_quantised_values(Rewriter& graph, const PassContext& context);
void fold_dequantised(Rewriter& graph, const PassContext& context);
void move_transposes(Rewriter& graph, const PassContext& context);
void recognise_pixel_shuffle(Rewriter& graph, const PassContext& context);
void recognise_channel_shuffle(Rewriter& graph, const PassContext& context);
void slice_gathered_channels(Rewriter& graph, const PassContext& context);
void fold_convolution_affine(Rewriter& graph, const PassContext& context);
void recognise_activation(Rewriter& graph, const PassContext& context);
void recognise_layer_normalization(Rewriter& graph, const PassContext& context);
void fuse_convolution_epilogue(Rewriter& graph, const PassContext& context);
void fuse_concatenation(Rewriter& graph, const PassContext& context);
void fuse_attention(Rewriter& graph, const PassContext& context);
void fuse_matmul_epilogue(Rewriter& graph, const PassContext& context);

}  // namespace fovea
