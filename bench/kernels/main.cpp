// bench_kernels [FILTER]: lines of tab-separated fields, as bench/kernels.mjs reads them:
//   machine  GFLOP/s of multiply-adds  GB/s of copies
//   case     name  milliseconds  operations  bytes       for each whose name contains FILTER

#include <cstdio>

#include "bench.h"

using namespace fovea::bench;

int main(int argc, char** argv) {
  const std::string filter = argc > 1 ? argv[1] : "";
  std::printf("machine\t%.2f\t%.2f\n", peak_gflops(), copy_gigabytes_per_second());
  std::fflush(stdout);

  Cases cases;
  for (const auto add : {add_convolutions, add_products, add_rows, add_transposes, add_images}) {
    add(cases);
  }
  for (const Case& one : cases) {
    if (one.name.find(filter) == std::string::npos) continue;
    const double milliseconds = median_milliseconds(one.prepare());
    std::printf("case\t%s\t%.6f\t%.0f\t%.0f\n", one.name.c_str(), milliseconds, one.operations,
                one.bytes);
    std::fflush(stdout);
  }
}
