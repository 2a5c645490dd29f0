#pragma once

#include <cstdint>

namespace fovea {

// What to prefer where a faster algorithm rounds more.
enum class Precision : uint8_t {
  Default,  // algorithms whose errors are near those of plain sums
  Fast,     // those that lose up to four more bits, where they are faster
};

}  // namespace fovea
