#pragma once

#include <string>

#include "ops/core/function.h"

namespace fovea {

// The activation that an attribute of onnxruntime's fused operators names, with its parameters by
// their own names; x itself where the name is empty.
ValueId activated(Function& f, const NodeContext& context, ValueId x, const std::string& name,
                  std::vector<Function::Attribute> parameters);

}  // namespace fovea
