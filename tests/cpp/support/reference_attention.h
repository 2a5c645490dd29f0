#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "tensor/tensor.h"

// Scaled dot product attention in double, spelled out for oracles.
namespace fovea::test {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Elements of [batch, heads, length, size].
struct Heads {
  Heads(int64_t b, int64_t h, int64_t l, int64_t s)
      : batch(b), heads(h), length(l), size(s), values(static_cast<size_t>(b * h * l * s)) {}

  double& at(int64_t b, int64_t h, int64_t i, int64_t e) {
    return values[static_cast<size_t>(((b * heads + h) * length + i) * size + e)];
  }
  double at(int64_t b, int64_t h, int64_t i, int64_t e) const {
    return const_cast<Heads*>(this)->at(b, h, i, e);
  }

  int64_t batch, heads, length, size;
  std::vector<double> values;
};

// A tensor [batch, heads, length, size] or, with `count` heads, [batch, length, count * size].
inline Heads heads_of(const Tensor& tensor, int64_t count = 0) {
  const Shape& shape = tensor.shape();
  if (count == 0) {
    Heads heads(shape[0], shape[1], shape[2], shape[3]);
    std::ranges::copy(to_floats(tensor), heads.values.begin());
    return heads;
  }
  Heads heads(shape[0], count, shape[1], shape[2] / count);
  const std::vector<float> values = to_floats(tensor);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const int64_t row = at / shape[2], column = at % shape[2];
    heads.at(row / shape[1], column / heads.size, row % shape[1], column % heads.size) =
        double{values[i]};
  }
  return heads;
}

// The reverse of heads_of(tensor, count).
inline std::vector<double> packed(const Heads& heads) {
  std::vector<double> out;
  for (int64_t b = 0; b < heads.batch; ++b) {
    for (int64_t i = 0; i < heads.length; ++i) {
      for (int64_t h = 0; h < heads.heads; ++h) {
        for (int64_t e = 0; e < heads.size; ++e) out.push_back(heads.at(b, h, i, e));
      }
    }
  }
  return out;
}

// Those of `past`, and then those of `heads`.
inline Heads after(const Heads& past, const Heads& heads) {
  Heads out(heads.batch, heads.heads, past.length + heads.length, heads.size);
  for (int64_t b = 0; b < out.batch; ++b) {
    for (int64_t h = 0; h < out.heads; ++h) {
      for (int64_t i = 0; i < out.length; ++i) {
        for (int64_t e = 0; e < out.size; ++e) {
          out.at(b, h, i, e) =
              i < past.length ? past.at(b, h, i, e) : heads.at(b, h, i - past.length, e);
        }
      }
    }
  }
  return out;
}

struct Attended {
  Heads products, capped, biased, weights, y;
};

// What is added to a score, by batch, head, query and key.
using Bias = std::function<double(int64_t b, int64_t h, int64_t i, int64_t j)>;

inline double no_bias(int64_t, int64_t, int64_t, int64_t) { return 0; }

// `sink` by head: the score of one key more that has no value, -infinity for none.
inline Attended attend(const Heads& q, const Heads& k, const Heads& v, double scale,
                       const Bias& bias = no_bias, double cap = 0,
                       const std::function<double(int64_t h)>& sink = nullptr) {
  const Heads scores(q.batch, q.heads, q.length, k.length);
  Attended out = {scores, scores, scores, scores, {q.batch, q.heads, q.length, v.size}};
  const int64_t group = q.heads / k.heads;
  for (int64_t b = 0; b < q.batch; ++b) {
    for (int64_t h = 0; h < q.heads; ++h) {
      for (int64_t i = 0; i < q.length; ++i) {
        double most = sink ? sink(h) : -kInfinity, total = 0;
        for (int64_t j = 0; j < k.length; ++j) {
          double sum = 0;
          for (int64_t e = 0; e < q.size; ++e) sum += q.at(b, h, i, e) * k.at(b, h / group, j, e);
          const double product = sum * scale;
          out.products.at(b, h, i, j) = product;
          out.capped.at(b, h, i, j) = cap > 0 ? cap * std::tanh(product / cap) : product;
          const double biased = out.capped.at(b, h, i, j) + bias(b, h, i, j);
          out.biased.at(b, h, i, j) = biased;
          most = std::max(most, biased);
        }
        if (most == -kInfinity) continue;  // nothing is looked at
        if (sink) total += std::exp(sink(h) - most);
        for (int64_t j = 0; j < k.length; ++j) {
          total += std::exp(out.biased.at(b, h, i, j) - most);
        }
        for (int64_t j = 0; j < k.length; ++j) {
          const double weight = std::exp(out.biased.at(b, h, i, j) - most) / total;
          out.weights.at(b, h, i, j) = weight;
          for (int64_t e = 0; e < v.size; ++e) {
            out.y.at(b, h, i, e) += weight * v.at(b, h / group, j, e);
          }
        }
      }
    }
  }
  return out;
}

// Pairs of the first elements of a head rotated by the angle whose cosine and sine are row
// `position(b, i)` of the tables.
inline void rotate(Heads& heads, const Tensor& cosines, const Tensor& sines, bool interleaved,
                   const std::function<int64_t(int64_t b, int64_t i)>& position) {
  const int64_t half = cosines.shape()[cosines.shape().rank() - 1];
  for (int64_t b = 0; b < heads.batch; ++b) {
    for (int64_t h = 0; h < heads.heads; ++h) {
      for (int64_t i = 0; i < heads.length; ++i) {
        for (int64_t e = 0; e < half; ++e) {
          double& x = heads.at(b, h, i, interleaved ? 2 * e : e);
          double& y = heads.at(b, h, i, interleaved ? 2 * e + 1 : half + e);
          const auto at = static_cast<size_t>(position(b, i) * half + e);
          const double c = double{cosines.as<float>()[at]}, s = double{sines.as<float>()[at]};
          const double real = c * x - s * y, imaginary = s * x + c * y;
          x = real;
          y = imaginary;
        }
      }
    }
  }
}

}  // namespace fovea::test
