#pragma once

namespace fovea::bindings {

// Calls work(context), and says whether it returned: not where WebAssembly trapped in it.
bool returns(void (*work)(void* context), void* context);

}  // namespace fovea::bindings
