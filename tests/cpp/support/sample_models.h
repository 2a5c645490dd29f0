#pragma once

#include <string>
#include <vector>

namespace fovea::test {

// Small models that between them use every message and field that is read.
std::vector<std::string> sample_models();

}  // namespace fovea::test
