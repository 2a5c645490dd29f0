#include "base/limits.h"

#include "base/error.h"
#include "base/integers.h"

namespace fovea {
namespace {

Error limit_error(ErrorCode code, std::string_view option, std::string_view message) {
  return Error(code, text(message, "; the option ", option, " allows more"))
      .with("limit", std::string(option));
}

}  // namespace

void fail_limit(std::string_view option, std::string_view message) {
  throw limit_error(ErrorCode::LimitExceeded, option, message);
}

void check_tensor_bytes(const Limits& limits, uint64_t bytes) {
  checked_size(bytes);
  if (bytes <= limits.tensor_bytes) return;
  throw limit_error(
      ErrorCode::OutOfMemory, "limits.tensorBytes",
      text("a tensor of ", bytes, " bytes is larger than the limit of ", limits.tensor_bytes))
      .with("bytes", text(bytes));
}

}  // namespace fovea
