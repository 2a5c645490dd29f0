#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ops/meaning.h"

// Operators that the engine does not have and its host does: an application that embeds it.
namespace fovea {

// An operator that the host computes. What its nodes give is asked for while planning; what they
// compute, once a run gets there: its routine asks for a GraphCall without a graph, which becomes
// Run::question().
class CustomOperator {
 public:
  CustomOperator(std::string in_domain, std::string type, int first_opset, InputList contents = {})
      : domain(std::move(in_domain)),
        op_type(std::move(type)),
        since(first_opset),
        content_inputs(contents) {}
  virtual ~CustomOperator() = default;

  // Says of every output what is known of it before it is computed. Throws Error for what the
  // operator does not take.
  virtual void infer(InferContext& context) const = 0;

  const std::string domain;
  const std::string op_type;
  const int since;                 // the first opset of the domain that it is for
  const InputList content_inputs;  // whose elements infer() must know
};

// Custom operators, and besides them the engine's own.
class CustomOperators final : public Operators {
 public:
  // Of two for the same opset, the later one counts. Throws Error(InvalidInput) for one that is of
  // ONNX's domain, and which `own` has, or of the engine's internal domain.
  CustomOperators(std::vector<std::unique_ptr<CustomOperator>> custom, const Operators& own);
  ~CustomOperators();

  const OpDef* find(std::string_view domain, std::string_view op_type, int opset) const override;
  bool knows(std::string_view domain, std::string_view op_type) const override;

  // The node's operator, where it is custom; else null.
  static const CustomOperator* of(const Node& node);

 private:
  struct Entry;

  const Operators& own_;
  std::vector<std::unique_ptr<Entry>> entries_;  // the latest first
};

// A node that the host is to compute. Inputs that it leaves out are of type Undefined; the others
// are views that last until the answer.
struct HostQuestion {
  const Node* node;
  std::vector<Tensor> inputs;
};

// What the host has made as output `index`, as the engine takes it: 16-bit floats in float32.
// `planned` is what infer() said. Throws Error(InvalidInput) where it is not that, or was
// not made (type Undefined).
Tensor accept_result(int index, const ValueType& planned, Tensor result);

}  // namespace fovea
