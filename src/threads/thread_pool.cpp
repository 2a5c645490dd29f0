#include "threads/thread_pool.h"

#if FOVEA_THREADS
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "threads/futex.h"
#endif

namespace fovea {

#if FOVEA_THREADS
namespace {

constexpr int kMaxThreads = 64;
// More chunks than threads, so that a slow thread delays the others little.
constexpr int64_t kChunksPerThread = 4;
// Some tenths of a millisecond: longer than what one thread does alone between two jobs of a run,
// since waking from sleep takes as long as many jobs do.
constexpr int kSpins = 400'000;

// The pool, and which of its workers, that the current thread works for.
struct Role {
  const void* pool = nullptr;
  int worker = 0;
};
thread_local Role current_role;

// Takes a role for a scope; the one before returns after it, since a chunk may use another pool.
class RoleScope {
 public:
  explicit RoleScope(Role role) : before_(current_role) { current_role = role; }
  ~RoleScope() { current_role = before_; }
  RoleScope(const RoleScope&) = delete;
  RoleScope& operator=(const RoleScope&) = delete;

 private:
  Role before_;
};

// Waits until `word` is no longer `seen`: spins first, because waking from sleep costs more.
uint32_t await_change(const std::atomic<uint32_t>& word, uint32_t seen,
                      std::atomic<int>& sleepers) noexcept {
  for (int spin = 0; spin < kSpins; ++spin) {
    const uint32_t now = word.load(std::memory_order_acquire);
    if (now != seen) return now;
    cpu_relax();
  }
  sleepers.fetch_add(1);
  uint32_t now;
  while ((now = word.load()) == seen) futex_wait(word, seen);
  sleepers.fetch_sub(1);
  return now;
}

}  // namespace

// One job at a time. `claims_` holds the next chunk and the number of chunks in one word. A thread
// that has claimed a chunk keeps the job alive, for the caller leaves only when all chunks are
// done; a thread that wakes too late finds nothing to claim and touches nothing. So nobody waits
// for sleepers.
class ThreadPool::Workers {
 public:
  Workers(int threads, Caller caller) {
    try {
      for (int worker = 1; worker < threads; ++worker) {
        threads_.emplace_back([this, worker, caller] { work_until_trap(worker, caller); });
      }
    } catch (const std::system_error&) {
      // The system gives no more threads; those started do the work.
    }
  }

  ~Workers() {
    stopping_.store(true);
    announce();
    for (std::thread& thread : threads_) thread.join();
  }

  int size() const { return static_cast<int>(threads_.size()) + 1; }

  void run(int64_t count, int64_t grain, Call call, const void* context) {
    if (current_role.pool == this) return call(context, 0, count, current_role.worker);
    const std::lock_guard turn(turn_);
    const RoleScope role({this, 0});
    const int64_t chunks = std::min(count / grain, size() * kChunksPerThread);
    if (chunks <= 1 || size() == 1) return call(context, 0, count, 0);

    job_ = {count, call, context};
    done_.store(0, std::memory_order_relaxed);
    claims_.store(pack(0, static_cast<uint32_t>(chunks)), std::memory_order_release);
    announce();
    drain(0);
    await_all(static_cast<uint32_t>(chunks));
  }

 private:
  struct Job {
    int64_t count = 0;
    Call call = nullptr;
    const void* context = nullptr;
  };

  // Beside the number of chunks that are done.
  static constexpr uint32_t kCrashed = 1u << 31;

  static constexpr uint32_t pack(uint32_t next, uint32_t chunks) { return chunks << 16 | next; }

  void announce() {
    announcement_.fetch_add(1);
    if (sleepers_.load() > 0) futex_wake_all(announcement_);
  }

  // A chunk in which a worker trapped is never done. So whoever waits for it is told, and traps
  // too: the engine's memory is in no known state. The worker's own stack may hold locks; it waits
  // for its end instead of unwinding it.
  void work_until_trap(int worker, Caller caller) {
    struct Start {
      Workers* pool;
      int worker;
    } start = {this, worker};
    const auto enter = [](void* context) {
      const Start& its = *static_cast<Start*>(context);
      its.pool->work(its.worker);
    };
    if (caller(enter, &start)) return;
    done_.fetch_or(kCrashed);
    futex_wake_all(done_);
    for (const std::atomic<uint32_t> never{0};;) futex_wait(never, 0);
  }

  void work(int worker) {
    const RoleScope role({this, worker});
    for (uint32_t seen = 0; !stopping_.load(std::memory_order_acquire);) {
      drain(worker);
      seen = await_change(announcement_, seen, sleepers_);
    }
  }

  void drain(int worker) {
    uint32_t claims = claims_.load(std::memory_order_acquire);
    for (;;) {
      const uint32_t next = claims & 0xffffu, chunks = claims >> 16;
      if (next >= chunks) break;
      if (!claims_.compare_exchange_weak(claims, claims + 1, std::memory_order_acq_rel,
                                         std::memory_order_acquire)) {
        continue;
      }
      job_.call(job_.context, job_.count * next / chunks, job_.count * (next + 1) / chunks, worker);
      if (done_.fetch_add(1) + 1 == chunks && waiting_.load() > 0) futex_wake_all(done_);
      claims = claims_.load(std::memory_order_acquire);
    }
  }

  void await_all(uint32_t chunks) {
    for (uint32_t done; (done = done_.load(std::memory_order_acquire)) != chunks;) {
      if (done & kCrashed) __builtin_trap();
      await_change(done_, done, waiting_);
    }
  }

  std::vector<std::thread> threads_;
  std::mutex turn_;
  Job job_;
  std::atomic<uint32_t> claims_{0};
  std::atomic<uint32_t> done_{0};
  std::atomic<uint32_t> announcement_{0};
  std::atomic<int> sleepers_{0};
  std::atomic<int> waiting_{0};
  std::atomic<bool> stopping_{false};
};

ThreadPool::ThreadPool(int threads, Caller caller)
    : workers_(std::make_unique<Workers>(std::clamp(threads, 1, kMaxThreads), caller)) {}
ThreadPool::~ThreadPool() = default;
int ThreadPool::size() const { return workers_->size(); }
void ThreadPool::run(int64_t count, int64_t grain, Call call, const void* context) {
  workers_->run(count, grain, call, context);
}

#else

class ThreadPool::Workers {};
ThreadPool::ThreadPool(int, Caller) {}
ThreadPool::~ThreadPool() = default;
int ThreadPool::size() const { return 1; }
void ThreadPool::run(int64_t count, int64_t, Call call, const void* context) {
  call(context, 0, count, 0);
}

#endif

bool ThreadPool::call_directly(void (*work)(void* context), void* context) {
  work(context);
  return true;
}

}  // namespace fovea
