#pragma once

#include <string_view>

namespace fovea {

// Says of a band's node (see BandRule) what the rows outside the images that it reads windows of
// are made of: a byte. Without it, 0.
inline constexpr std::string_view kOutsideAttribute = "outside";

}  // namespace fovea
