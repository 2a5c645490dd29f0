#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace fovea {

// A fixed set of threads for fork-join loops. Built without FOVEA_THREADS it is a plain loop.
class ThreadPool {
 public:
  // Calls work(context), and says whether it returned. It does not where WebAssembly traps in it,
  // which C++ cannot catch and ends only the thread it happens in.
  using Caller = bool (*)(void (*work)(void* context), void* context);

  // `threads` counts the caller and is clamped to [1, 64]; fewer if the system refuses some, which
  // size() tells. All threads are started here, since a browser cannot start them while one waits.
  // `caller` calls what they do. After a trap in a chunk parallel_for traps as well.
  explicit ThreadPool(int threads, Caller caller = call_directly);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Threads that take part, the caller included.
  int size() const;

  // Calls fn(begin, end) or fn(begin, end, worker) on disjoint chunks that cover [0, count), each
  // of at least `grain` (one chunk if count < grain), in any order; returns when all are done.
  // `worker` is in [0, size()) and no two running chunks share it. fn must not throw. Called from
  // within a chunk it runs serially as that chunk's worker; calls of several threads take turns.
  template <class Fn>
  void parallel_for(int64_t count, int64_t grain, Fn&& fn) {
    if (count <= 0) return;
    using Callable = std::remove_reference_t<Fn>;
    const auto call = [](const void* context, int64_t begin, int64_t end, int worker) noexcept {
      Callable& callable = *static_cast<Callable*>(const_cast<void*>(context));
      if constexpr (std::is_invocable_v<Callable&, int64_t, int64_t, int>) {
        callable(begin, end, worker);
      } else {
        callable(begin, end);
      }
    };
    run(count, std::max<int64_t>(grain, 1), call, &fn);
  }

 private:
  static bool call_directly(void (*work)(void* context), void* context);

  using Call = void (*)(const void* context, int64_t begin, int64_t end, int worker) noexcept;
  class Workers;

  void run(int64_t count, int64_t grain, Call call, const void* context);

  std::unique_ptr<Workers> workers_;
};

}  // namespace fovea
