#include "base/integers.h"

#include "base/error.h"

namespace fovea {

size_t checked_size(uint64_t bytes) {
  if (bytes > uint64_t{PTRDIFF_MAX}) fail_out_of_memory(bytes);
  return static_cast<size_t>(bytes);
}

void fail_out_of_memory(uint64_t bytes) {
  throw Error(ErrorCode::OutOfMemory, text("out of memory: ", bytes, " bytes were asked for"))
      .with("bytes", text(bytes));
}

}  // namespace fovea
