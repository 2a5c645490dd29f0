#include "trap.h"

#if FOVEA_THREADS

#include <emscripten/em_js.h>

#include <cstdint>

EM_JS_DEPS(fovea_trap, "$getWasmTableEntry,$stackSave,$stackRestore");

// The error goes to the console, since all that other threads learn is that there was one.
// clang-format off
EM_JS(bool, fovea_returns, (uintptr_t work, void* context), {
  const stack = stackSave();
  try {
    getWasmTableEntry(work)(context);
    return true;
  } catch (thrown) {
    console.error('Fovea: a thread crashed:', thrown);
    stackRestore(stack);
    return false;
  }
});
// clang-format on

namespace fovea::bindings {

bool returns(void (*work)(void* context), void* context) {
  return fovea_returns(reinterpret_cast<uintptr_t>(work), context);
}

}  // namespace fovea::bindings

#else

// Who called is the only thread, and traps too.
bool fovea::bindings::returns(void (*work)(void* context), void* context) {
  work(context);
  return true;
}

#endif
