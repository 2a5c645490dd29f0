#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/shape.h"
#include "onnx/model.h"

namespace fovea::quantise {

// A number for each of some values, by name. One kind of map for all that is told of them, since
// each kind is a kilobyte of program.
using Numbers = std::map<std::string_view, size_t>;

// Elements that no run changes, as floats.
struct Constant {
  Shape shape;
  std::vector<float> values;
};

// A model's file and who makes and reads what in its main graph.
class Network {
 public:
  // Throws Error(MalformedModel) as onnx::decode() does.
  explicit Network(std::string bytes);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const std::string& bytes() const { return bytes_; }
  const onnx::Model& model() const { return model_; }
  const std::vector<onnx::Node>& nodes() const { return model_.graph.nodes; }
  const onnx::Node& node(size_t index) const { return nodes()[index]; }
  int64_t opset() const { return opset_; }

  std::optional<size_t> producer(std::string_view value) const;
  bool is_initializer(std::string_view value) const { return initializers_.contains(value); }
  bool is_graph_output(std::string_view value) const;
  // How many inputs of nodes a value is, in subgraphs, too, and whether it is an output.
  size_t reads(std::string_view value) const;

  // The floats of an initialiser, of a Constant, or of an Identity or a Cast to float32 of either.
  // Throws Error for damaged ones; nullopt for anything else, and for what lies in another file.
  std::optional<Constant> constant(std::string_view value) const;

  // A name that no value and no node has, which from now on is taken.
  std::string new_name(std::string_view wanted) const;

 private:
  void count_reads(const std::vector<onnx::Node>& nodes);
  std::string bytes_;
  onnx::Model model_;
  int64_t opset_ = 0;
  Numbers producers_, initializers_, reads_;
  mutable std::set<std::string, std::less<>> names_;
};

// Its name, or where it has none its operator and what it makes.
std::string name_of(const onnx::Node& node);

}  // namespace fovea::quantise
