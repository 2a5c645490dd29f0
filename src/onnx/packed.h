#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace fovea::onnx {

// A repeated scalar field left in its wire form (packed fixed32/fixed64 for floating point, packed
// varints for integers), because tensors written this way can be as large as the file. A field may
// come in several runs; one that is not packed comes in runs of a single element. Runs given to
// append() are checked there, so that reading them cannot fail.
template <class T>
class Packed {
 public:
  static constexpr bool kFixedWidth = std::is_floating_point_v<T>;

  // Takes over one run of packed elements. False, and nothing changed, when it ends inside one.
  bool append(std::span<const std::byte> run);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const std::vector<std::span<const std::byte>>& runs() const { return runs_; }

  // Calls visit(T) for every element in order.
  template <class Visit>
  void for_each(Visit visit) const;

 private:
  std::vector<std::span<const std::byte>> runs_;
  size_t size_ = 0;
};

}  // namespace fovea::onnx
