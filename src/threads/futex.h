#pragma once

#include <atomic>
#include <cstdint>

// Sleeping until a word of memory changes. WebAssembly's instructions are used directly because
// libc++'s std::atomic::wait polls there.
namespace fovea {

// Returns at once if `word` is not `expected`, else sleeps until woken (or for no reason).
inline void futex_wait(const std::atomic<uint32_t>& word, uint32_t expected) noexcept {
#ifdef __wasm__
  auto* address = reinterpret_cast<int*>(const_cast<std::atomic<uint32_t>*>(&word));
  __builtin_wasm_memory_atomic_wait32(address, static_cast<int>(expected), -1);
#else
  word.wait(expected);
#endif
}

inline void futex_wake_all(std::atomic<uint32_t>& word) noexcept {
#ifdef __wasm__
  __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(&word), 0xffffffffu);
#else
  word.notify_all();
#endif
}

// Tells the processor that this is a spinning wait.
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace fovea
