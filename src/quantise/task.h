#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

namespace fovea::quantise {

// A computation in steps, which can stop at any of them and be dropped there. It begins when it is
// awaited, or by start(); what awaits it goes on when it is done, and gets its exception.
template <class T>
class Task {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  void start() { handle_.resume(); }
  bool done() const { return handle_.done(); }
  // What it gave; throws what it threw. Once, when it is done.
  T take() { return handle_.promise().take(); }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept {
    handle_.promise().waiting = waiting;
    return handle_;
  }
  T await_resume() { return take(); }

 private:
  Handle handle_;
};

template <class T>
struct Task<T>::promise_type {
  // Goes on with what waits.
  struct Last {
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(Handle handle) const noexcept {
      const auto waiting = handle.promise().waiting;
      return waiting ? waiting : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  Task get_return_object() { return Task(Handle::from_promise(*this)); }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  Last final_suspend() const noexcept { return {}; }
  void return_value(T value) { result.emplace(std::move(value)); }
  void unhandled_exception() noexcept { exception = std::current_exception(); }

  T take() {
    if (exception) std::rethrow_exception(exception);
    return std::move(*result);
  }

  std::coroutine_handle<> waiting;
  std::optional<T> result;
  std::exception_ptr exception;
};

}  // namespace fovea::quantise
