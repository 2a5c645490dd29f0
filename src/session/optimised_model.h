#pragma once

#include <string>

#include "session/loading.h"
#include "threads/thread_pool.h"

namespace fovea {

// The model after the passes that make standard ONNX of it, as a file: constants folded,
// normalisations multiplied into convolutions, pixel shuffles by their name, Transposes moved to
// where they undo each other, dead nodes and local functions gone. Passes that fuse what only this
// engine fuses are left out, and so are those for which the model's opset is too old. Inputs,
// outputs, metadata and names of what is left stay. Defaults of inputs become constants.
//
// Throws Error(UnsupportedAttribute) for a node that the file cannot say: of a local function in
// another opset than the model's, or with attributes that the engine does not read.
std::string optimised_model(const Loaded& model, const SessionOptions& options, ThreadPool& pool);

}  // namespace fovea
