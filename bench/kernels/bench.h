#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "threads/thread_pool.h"

// A table of kernels with the shapes they are measured on.
namespace fovea::bench {

using Run = std::function<void()>;
using Floats = std::vector<float>;

struct Case {
  std::string name;
  // Floating-point operations of the direct computation, two for a multiplication with addition; 0
  // where nothing but memory counts.
  double operations = 0;
  // Read and written, each once.
  double bytes = 0;
  // Allocates and fills; gives what is timed.
  std::function<Run()> prepare;
};
using Cases = std::vector<Case>;

// Appends: convolutions and transposed ones; matrix products; softmax, normalisation and
// element-wise operators; transposes and layouts; pooling, resizing and pixels.
void add_convolutions(Cases& cases);
void add_products(Cases& cases);
void add_rows(Cases& cases);
void add_transposes(Cases& cases);
void add_images(Cases& cases);

// The machine's limits for one thread: multiply-adds of registers (GFLOP/s), and copies of memory
// far larger than caches (GB/s, reading and writing together).
double peak_gflops();
double copy_gigabytes_per_second();

// Of one run, after as many as the optimising compiler of a WebAssembly engine needs.
double median_milliseconds(const Run& run);

// Random numbers between -1 and 1, the same each time.
Floats random_floats(int64_t count);

// A pool of the calling thread alone.
ThreadPool& one_thread();

inline double bytes_of_floats(int64_t count) { return 4.0 * static_cast<double>(count); }

}  // namespace fovea::bench
