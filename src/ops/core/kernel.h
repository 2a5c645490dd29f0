#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace fovea {

class RunContext;

// Runs one node for fixed shapes and forms. Does not throw, except from RunContext::set_output's
// allocation. Like std::function, but never copied, and what needs no destructor has none: either
// would be a function of its own for each of hundreds of kernels.
class Kernel {
 public:
  Kernel() = default;
  Kernel(std::nullptr_t) {}
  template <class Body>
  requires(std::is_invocable_v<Body&, RunContext&> && !std::is_same_v<Body, Kernel>)
      Kernel(Body body)
      : body_(new Body(std::move(body)), destroyer<Body>()),
        call_([](void* at, RunContext& run) { (*static_cast<Body*>(at))(run); }) {}

  explicit operator bool() const { return body_ != nullptr; }
  void operator()(RunContext& run) const { call_(body_.get(), run); }

 private:
  using Destroyer = void (*)(void*);

  static void release(void* body) { ::operator delete(body); }
  template <class Body>
  static Destroyer destroyer() {
    if constexpr (std::is_trivially_destructible_v<Body>) return release;
    return [](void* body) { delete static_cast<Body*>(body); };
  }

  std::unique_ptr<void, Destroyer> body_ = {nullptr, nullptr};
  void (*call_)(void*, RunContext&) = nullptr;
};

}  // namespace fovea
