#pragma once

#include <memory>
#include <string>
#include <vector>

#include "session/session.h"
#include "support/heap_depot.h"

namespace fovea::test {

// A session on bytes that it keeps. Weights are put away as early as can be, unless a depot is
// given.
inline std::unique_ptr<Session> load(std::string bytes, SessionOptions options = {},
                                     int threads = 1) {
  if (!options.depot.keep) options.depot = heap_depot();
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return Session::load({std::as_bytes(std::span(*owner)), owner},
                       std::make_shared<ThreadPool>(threads), std::move(options));
}

inline std::vector<float> floats(const Tensor& tensor) { return to_floats(tensor); }

}  // namespace fovea::test
