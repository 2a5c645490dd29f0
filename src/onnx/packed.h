#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace fovea::onnx {

// A repeated scalar field left in its wire form (packed fixed32/fixed64 for floating point, packed
// varints for integers), because tensors written this way can be as large as the file. A field may
// come in several runs; one that is not packed comes in runs of a single element.
//
// T is float, double, int32_t, int64_t or uint64_t.
template <class T>
class Packed {
 public:
  // Takes over one run of packed elements. Throws Error(MalformedModel) when it ends inside one or
  // holds a varint of more than 10 bytes; hence reading cannot fail.
  void append(std::span<const std::byte> run);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const std::vector<std::span<const std::byte>>& runs() const { return runs_; }

  // Calls visit(T) for every element in order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::span<const std::byte> run : runs_) {
      while (!run.empty()) visit(take(run));
    }
  }

 private:
  // The first element of a run, which loses it.
  static T take(std::span<const std::byte>& run);

  std::vector<std::span<const std::byte>> runs_;
  size_t size_ = 0;
};

}  // namespace fovea::onnx
