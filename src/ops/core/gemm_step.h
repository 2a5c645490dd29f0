#pragma once

#include <vector>

#include "kernels/matmul/gemm.h"
#include "ops/op.h"

// What MatMul and Gemm share: products of input 0 (A) and input 1 (B) into output 0, packing of B,
// threads.
namespace fovea {

// One product per batch; A's and B's begin at these elements, the results follow each other.
struct BatchedGemm {
  kernels::GemmShape shape;
  std::vector<int64_t> a_offsets = {0};
  std::vector<int64_t> b_offsets = {0};
  bool transpose_a = false;  // A is stored [k][m]
  bool transpose_b = false;  // B is stored [n][k]

  int64_t batches() const { return static_cast<int64_t>(a_offsets.size()); }

  template <class T>
  kernels::MatrixView<T> a(const T* data, int64_t batch) const {
    return view(data + a_offsets[static_cast<size_t>(batch)], shape.m, shape.k, transpose_a);
  }
  template <class T>
  kernels::MatrixView<T> b(const T* data, int64_t batch) const {
    return view(data + b_offsets[static_cast<size_t>(batch)], shape.k, shape.n, transpose_b);
  }

 private:
  template <class T>
  static kernels::MatrixView<T> view(const T* data, int64_t rows, int64_t columns, bool transpose) {
    return transpose ? kernels::MatrixView<T>{data, 1, rows}
                     : kernels::MatrixView<T>{data, columns, 1};
  }
};

// What the float product does besides.
struct GemmExtras {
  float scale = 1.0f;          // of the product
  int row_bias = -1;           // the input whose n elements are added to every row; -1 for none
  float bias_scale = 1.0f;     // of these
  bool add_to_output = false;  // the product is added to what the output already holds
  int addend = -1;             // the input of the output's shape that is added; -1 for none
  kernels::Epilogue epilogue = {};  // after all sums
};

Kernel plan_float_gemm(PlanContext& context, BatchedGemm gemm, const GemmExtras& extras);

// The product in the arithmetic of input 0's type, one of kWideNumbers but float.
Kernel plan_typed_gemm(PlanContext& context, BatchedGemm gemm);

}  // namespace fovea
