#pragma once

#include <emscripten/val.h>

#include <memory>

#include "ops/core/custom.h"

// Operators that JavaScript computes; the object types are in web/src/host/module.ts.
namespace fovea::bindings {

// The engine's operators and those of [{domain, opType, sinceVersion, dataInputs, infer}], infer a
// function or null.
std::shared_ptr<const Operators> to_operators(const emscripten::val& custom);

// {operator, node, inputs}, operator the object that was given to to_operators(), or null.
emscripten::val to_val(const HostQuestion* question);

}  // namespace fovea::bindings
