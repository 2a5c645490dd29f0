#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "base/dtype.h"

namespace fovea {

// Some element types.
class DTypeSet {
 public:
  constexpr DTypeSet() = default;
  constexpr DTypeSet(std::initializer_list<DType> dtypes) {
    for (const DType dtype : dtypes) bits_ |= bit(dtype);
  }
  constexpr DTypeSet operator|(DTypeSet other) const { return DTypeSet(bits_ | other.bits_); }
  constexpr bool contains(DType dtype) const { return (bits_ & bit(dtype)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const DTypeSet&) const = default;

  // "float32, int64"
  std::string to_string() const;

 private:
  constexpr explicit DTypeSet(uint64_t bits) : bits_(bits) {}
  static constexpr uint64_t bit(DType dtype) { return uint64_t{1} << static_cast<int>(dtype); }

  uint64_t bits_ = 0;
};

inline void append(std::string& out, const DTypeSet& set) { out.append(set.to_string()); }

}  // namespace fovea
