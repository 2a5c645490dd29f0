#include "ops/op.h"

namespace fovea {

const OpDef* OpTable::find(std::string_view domain, std::string_view op_type, int opset) const {
  for (const OpFamily* family : families_) {
    for (const OpDef& def : *family) {
      const bool speaks = def.op_type == op_type && def.domain == domain && def.since <= opset &&
                          opset <= def.until;
      if (speaks) return &def;
    }
  }
  return nullptr;
}

bool OpTable::knows(std::string_view domain, std::string_view op_type) const {
  return std::ranges::any_of(families_, [&](const OpFamily* family) {
    return std::ranges::any_of(
        *family, [&](const OpDef& def) { return def.op_type == op_type && def.domain == domain; });
  });
}

}  // namespace fovea
