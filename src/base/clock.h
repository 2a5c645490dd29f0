#pragma once

#include <algorithm>
#include <chrono>

namespace fovea {

// std::chrono::steady_clock, except that it cannot throw: in WebAssembly, what libc++'s needs to
// word an error of the system's clock is 10 KB of code.
struct Clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept;
};

// So many milliseconds. Callers pass any number: infinity is about 12 days, what is negative or not
// a number is 0.
inline Clock::duration duration_of(double milliseconds) {
  constexpr double kLongest = 1e9;
  const double wait = milliseconds > 0 ? std::min(milliseconds, kLongest) : 0;
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double, std::milli>(wait));
}

// The time so many milliseconds from now.
inline Clock::time_point in_milliseconds(double milliseconds) {
  return Clock::now() + duration_of(milliseconds);
}

}  // namespace fovea
