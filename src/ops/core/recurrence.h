#pragma once

#include <string_view>
#include <vector>

#include "kernels/elementwise/activation.h"
#include "ops/op.h"

// What RNN, GRU and LSTM have in common: sizes, directions, activations, and products with the
// state of the step before.
namespace fovea {

// out * f(in * x) + shift, of x clipped to [-clip, clip].
struct CellActivation {
  kernels::ActivationSpec function;
  float in = 1.0f;
  float out = 1.0f;
  float shift = 0.0f;
  float clip;

  template <class T>
  void apply(T* values, int64_t count) const;
};

// What of an operator makes it the one that it is.
struct CellKind {
  int gates;
  std::vector<std::string_view> activations;  // of one direction, unless the node says others
};

// A node's attributes and sizes, all checked against each other.
struct Recurrence {
  Recurrence(const NodeContext& context, const CellKind& kind);

  Shape sequence() const;  // of Y
  Shape state() const;     // of Y_h and Y_c
  bool is_reverse(int64_t direction) const { return only_reverse || direction == 1; }
  // Where the row of a step and batch begins in rows of so many elements.
  int64_t row(int64_t step, int64_t batch) const {
    return batch_first ? batch * steps + step : step * batches + batch;
  }
  // The same in a state.
  int64_t state_row(int64_t direction, int64_t batch) const {
    return batch_first ? batch * directions + direction : direction * batches + batch;
  }

  int64_t gates;
  bool batch_first;
  bool only_reverse;
  int64_t directions;
  int64_t steps;
  int64_t batches;
  int64_t inputs;
  int64_t hidden;
  std::vector<CellActivation> activations;  // of all directions, one after the other

 private:
  void read_direction(const NodeContext& context);
  void read_sizes(const NodeContext& context);
  void read_activations(const NodeContext& context, const CellKind& kind);
};

// Products with the transpose of a matrix [columns][depth].
template <class T>
class RecurrentProduct {
 public:
  // The matrix in the form that products are made with, and `columns` elements that are added to
  // every row; null for none.
  static Tensor pack(const T* matrix, const T* bias, int64_t columns, int64_t depth);

  RecurrentProduct(Tensor packed, int64_t columns, int64_t depth)
      : packed_(std::move(packed)), columns_(columns), depth_(depth) {}

  // Rows of x, one after the other, become rows of `out`, `step` elements apart, or with `adds` are
  // added to these.
  void multiply(const T* x, int64_t rows, T* out, int64_t step, bool adds, ThreadPool& pool) const;

 private:
  Tensor packed_;
  int64_t columns_;
  int64_t depth_;
};

}  // namespace fovea
