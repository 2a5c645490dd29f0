#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fovea::quantise {

// Sums over samples of what a layer reads and of what it should give: x of `inputs` numbers, y of
// `outputs`. From them follow the weights and biases that are closest.
class Moments {
 public:
  Moments(int64_t inputs, int64_t outputs);

  // Samples by rows: x is [count][x_stride()], with zeros from `inputs` on, y is [count][outputs].
  void add(int64_t count, const float* x, const float* y);

  int64_t inputs() const { return inputs_; }
  int64_t outputs() const { return outputs_; }
  int64_t x_stride() const { return stride_; }
  int64_t count() const { return count_; }

  // Means of products of what is above the mean (`centred`) or of the numbers themselves.
  double xx(int64_t i, int64_t j, bool centred) const;
  double xy(int64_t output, int64_t i, bool centred) const;
  double yy(int64_t output, bool centred) const;
  double mean_x(int64_t i) const { return sum_x_[static_cast<size_t>(i)] / total(); }
  double mean_y(int64_t output) const { return sum_y_[static_cast<size_t>(output)] / total(); }

 private:
  double total() const { return static_cast<double>(count_ > 0 ? count_ : 1); }

  int64_t inputs_, outputs_, stride_;
  int64_t count_ = 0;
  std::vector<double> xx_;  // [inputs][stride], right of the diagonal
  std::vector<double> xy_;  // [outputs][stride]
  std::vector<double> sum_x_, sum_y_, yy_;
};

}  // namespace fovea::quantise
