#pragma once

#include "ops/op.h"

namespace fovea {

// The internal operator that makes a value of form `to` from the same value in form `from`.
std::string_view conversion_between(Form from, Form to);

}  // namespace fovea
