#pragma once

namespace fovea {

// Runs the kernels under most networks on a made-up image for a few milliseconds. Browsers first
// compile WebAssembly quickly, and well only what has run for a while; until then a convolution
// takes several times as long. So that begins before there is a model, not in its first run.
void warm_up();

}  // namespace fovea
