#include "base/dtype_set.h"

namespace fovea {

std::string DTypeSet::to_string() const {
  std::string out;
  for (int number = 0; number < 64; ++number) {
    const auto dtype = static_cast<DType>(number);
    if (!contains(dtype)) continue;
    if (!out.empty()) out += ", ";
    out += name_of(dtype);
  }
  return out;
}

}  // namespace fovea
