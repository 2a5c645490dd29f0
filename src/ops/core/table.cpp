#include <algorithm>

#include "ops/op.h"
#include "ops/register_all.h"

namespace fovea {

const OpDef* OpTable::find(std::string_view domain, std::string_view op_type, int opset) const {
  const auto speaks = [&](const OpDef& def) {
    return def.op_type == op_type && def.domain == domain && def.since <= opset &&
           opset <= def.until;
  };
  const auto found = std::ranges::find_if(defs_, speaks);
  return found == defs_.end() ? nullptr : &*found;
}

bool OpTable::knows(std::string_view domain, std::string_view op_type) const {
  return std::ranges::any_of(
      defs_, [&](const OpDef& def) { return def.op_type == op_type && def.domain == domain; });
}

const OpTable& op_table() {
  static const OpTable table = [] {
    OpTable built;
    register_all(built);
    return built;
  }();
  return table;
}

}  // namespace fovea
