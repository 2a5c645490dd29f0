#pragma once

#include <memory>
#include <string>
#include <vector>

#include "session/session.h"

namespace fovea::test {

// A session on bytes that it keeps.
inline std::unique_ptr<Session> load(std::string bytes, SessionOptions options = {},
                                     int threads = 1) {
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return Session::load({std::as_bytes(std::span(*owner)), owner},
                       std::make_shared<ThreadPool>(threads), std::move(options));
}

inline std::vector<float> floats(const Tensor& tensor) { return to_floats(tensor); }

}  // namespace fovea::test
