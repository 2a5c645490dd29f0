#pragma once

#include <string_view>

namespace fovea {

struct Graph;

// What an operator is to the engine (ops/op.h); a graph only carries it.
struct OpDef;

// Where a session's operators come from.
class Operators {
 public:
  // The operator in that opset of its domain; null when there is none.
  virtual const OpDef* find(std::string_view domain, std::string_view op_type, int opset) const = 0;
  // True when some opset of the operator is known: the model's is too old or too new.
  virtual bool knows(std::string_view domain, std::string_view op_type) const = 0;

 protected:
  constexpr Operators() = default;
  ~Operators() = default;
};

// Looks up the operators of all nodes that have none yet, those of subgraphs included. A node of an
// unknown operator stays without.
void resolve_operators(Graph& graph, const Operators& operators);

}  // namespace fovea
