#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/dtype.h"
#include "quantise/options.h"

namespace fovea::quantise {

// The real numbers from `low` to `high`.
struct Range {
  double low = 0;
  double high = 0;

  bool operator==(const Range&) const = default;
};

// How often values were seen, in bins of equal width. The bins grow with what is added: where
// values lie outside, pairs of bins become one until they reach.
class Histogram {
 public:
  static constexpr int kBins = 2048;

  // False where a value is not finite; then nothing is added.
  bool add(std::span<const float> values);

  bool empty() const { return total_ == 0; }
  uint64_t total() const { return total_; }
  // The least and the greatest value.
  Range seen() const { return seen_; }
  // What the first and the last bin reach.
  Range bins() const { return {begin_, begin_ + width_ * kBins}; }
  double width() const { return width_; }
  double middle(int bin) const { return begin_ + (bin + 0.5) * width_; }
  std::span<const uint64_t, kBins> counts() const { return counts_; }

 private:
  void reach(float low, float high);

  std::array<uint64_t, kBins> counts_ = {};
  double begin_ = 0, width_ = 0;
  Range seen_;
  uint64_t total_ = 0;
};

// Bytes q stand for scale * (q - zero_point).
struct Parameters {
  float scale = 1;
  int zero_point = 0;

  bool operator==(const Parameters&) const = default;
};

// The range by a method other than Auto, of all that was seen. It contains 0.
Range choose_range(const Histogram& histogram, Method method);

// Of bytes of type Uint8 or Int8, for all of a range; 0 is exact, as padding needs.
Parameters parameters_of(Range range, DType dtype);

// Of a value, what the byte stands for that QuantizeLinear makes of it.
class Quantiser {
 public:
  Quantiser(Parameters parameters, DType dtype);
  float operator()(float x) const;

 private:
  float scale_, least_, greatest_;  // of values divided by the scale
};

}  // namespace fovea::quantise
