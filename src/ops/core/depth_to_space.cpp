#include "ops/core/depth_to_space.h"

#include "base/error.h"

namespace fovea {

DepthToSpaceAttributes DepthToSpaceAttributes::parse(const Attributes& attributes, int) {
  const int64_t block = attributes.get_int("blocksize", 0);
  const std::string mode = attributes.get_string("mode", "DCR");
  if (block < 1) {
    throw Error(ErrorCode::MalformedModel, text("blocksize must be at least 1, but is ", block))
        .with("attribute", "blocksize");
  }
  if (mode != "DCR" && mode != "CRD") {
    throw Error(ErrorCode::MalformedModel, text("mode must be DCR or CRD, not '", mode, "'"))
        .with("attribute", "mode");
  }
  return {block, mode == "DCR"};
}

}  // namespace fovea
