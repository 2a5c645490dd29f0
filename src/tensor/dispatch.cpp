#include "tensor/dispatch.h"

#include <string>

#include "base/error.h"

namespace fovea {

void throw_unsupported(DType dtype) {
  throw Error(ErrorCode::UnsupportedAttribute,
              text("element type ", name_of(dtype), " is not supported here"))
      .with("dtype", std::string(name_of(dtype)));
}

}  // namespace fovea
