#include "bench.h"
#include "kernels/matmul/gemm.h"

namespace fovea::bench {
namespace {

using namespace kernels;

// Products of one after the other of `batch` pairs. Where B is an activation, as in attention, it
// is packed within the time; where it is weights it is not.
struct Product {
  const char* name;
  GemmShape shape;
  int64_t batch = 1;
  bool packs = false;
  bool transposes = false;  // B is held as [n][k]
};

MatrixView<float> view_of_b(const Product& product, const float* data) {
  const auto [m, n, k] = product.shape;
  return product.transposes ? MatrixView<float>{data, 1, k} : MatrixView<float>{data, n, 1};
}

Run prepare(const Product& product) {
  const auto [m, n, k] = product.shape;
  const GemmShape shape = product.shape;
  Floats packed(static_cast<size_t>(gemm_packed_size(shape)));
  Floats b = random_floats(product.batch * k * n);
  pack_gemm(shape, view_of_b(product, b.data()), 1, nullptr, packed.data(), 0, n);
  return [=, packed = std::move(packed), a = random_floats(product.batch * m * k), b = std::move(b),
          c = Floats(static_cast<size_t>(product.batch * m * n))]() mutable {
    for (int64_t i = 0; i < product.batch; ++i) {
      if (product.packs) {
        pack_gemm(shape, view_of_b(product, b.data() + i * shape.k * shape.n), 1, nullptr,
                  packed.data(), 0, shape.n);
      }
      const GemmOutput output{c.data() + i * shape.m * shape.n, shape.n};
      run_gemm(shape, {a.data() + i * shape.m * shape.k, shape.k, 1}, packed.data(), output, {},
               {0, shape.m, 0, shape.n});
    }
  };
}

// Attention is SwinIR's: 64 windows of 8x8 pixels, 180 channels in 6 heads.
constexpr Product kProducts[] = {
    {"128x128x128", {128, 128, 128}},
    {"256x256x256", {256, 256, 256}},
    {"512x512x512", {512, 512, 512}},
    {"1024x1024x1024", {1024, 1024, 1024}},
    {"4096x540 over 180", {4096, 540, 180}},
    {"4096x180 over 360", {4096, 180, 360}},
    {"384 times 64x64 over 30, packing", {64, 64, 30}, 384, true, true},
    {"384 times 64x30 over 64, packing", {64, 30, 64}, 384, true},
};

}  // namespace

void add_products(Cases& cases) {
  for (const Product& product : kProducts) {
    const auto [m, n, k] = product.shape;
    cases.push_back({std::string("gemm ") + product.name,
                     2.0 * static_cast<double>(product.batch * m * n * k),
                     bytes_of_floats(product.batch * (m * k + k * n + m * n)),
                     [=] { return prepare(product); }});
  }
}

}  // namespace fovea::bench
