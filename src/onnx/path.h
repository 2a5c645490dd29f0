#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::onnx {

// Where in the file decoding is. An exception leaves it as it was when thrown, so that whoever
// catches one can say where the fault lies.
class Path {
 public:
  // libprotobuf's own limit: no model that the official tools read is turned away, and a hostile
  // one cannot exhaust the stack.
  static constexpr size_t kMaxDepth = 100;

  explicit Path(const char* begin) : begin_(begin), position_(begin) {}

  // Steps into a message of the current one: the field's name and, when repeated, its index.
  // Throws Error(MalformedModel) beyond kMaxDepth.
  void enter(std::string_view field, std::optional<size_t> index);
  void leave() { steps_.pop_back(); }

  // The field being read.
  void set_position(const char* position) { position_ = position; }

  // Bytes from the beginning of the file to the field being read.
  size_t offset() const { return static_cast<size_t>(position_ - begin_); }

  // True outside all messages of the model.
  bool at_top() const { return steps_.empty(); }

  // "graph.node[12].attribute[0].t"; "" at the top.
  std::string to_string() const;

 private:
  struct Step {
    std::string_view field;
    std::optional<size_t> index;
  };

  const char* begin_;
  const char* position_;
  std::vector<Step> steps_;
};

}  // namespace fovea::onnx
