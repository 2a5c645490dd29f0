#pragma once

#include <cstdint>
#include <string_view>

namespace fovea {

// Reads all of `word`: decimal digits alone, after a '-' for the second. False where it is
// something else, or does not fit.
bool read_whole(std::string_view word, uint64_t& value);
bool read_whole(std::string_view word, int64_t& value);

}  // namespace fovea
