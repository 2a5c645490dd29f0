#pragma once

#include <memory>

#include "threads/thread_pool.h"
#include "trap.h"

namespace fovea::bindings {

// The threads that everything in one program shares.
struct Engine {
  explicit Engine(int threads) : pool(std::make_shared<ThreadPool>(threads, returns)) {}
  std::shared_ptr<ThreadPool> pool;
};

}  // namespace fovea::bindings
