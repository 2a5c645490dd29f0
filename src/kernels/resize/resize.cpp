#include "kernels/resize/resize.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

// Output elements worth a chunk of their own.
constexpr int64_t kGrain = 8192;

int64_t rows_per_chunk(int64_t row_elements) {
  return std::max<int64_t>(1, kGrain / std::max<int64_t>(row_elements, 1));
}

// What a tap of weight 0 reads is not an output's business: 0 times infinity or NaN would be NaN.
F32x4 read_by(F32x4 weights, F32x4 x) {
  return bitcast_f32(bitcast_i32(x) & (weights != F32x4::zero()));
}

F32x4 add_taps(F32x4 weights, F32x4 x, F32x4 sum) { return fma(weights, read_by(weights, x), sum); }

// Four outputs at once: each has its own window, summed lane by lane and across at the end.
void resample_four(const int32_t* first, const float* weights, int taps, const float* in,
                   float* out) {
  F32x4 sums[4] = {F32x4::zero(), F32x4::zero(), F32x4::zero(), F32x4::zero()};
  for (int t = 0; t < taps; t += 4) {
    for (int i = 0; i < 4; ++i) {
      sums[i] =
          add_taps(F32x4::load(weights + i * taps + t), F32x4::load(in + first[i] + t), sums[i]);
    }
  }
  transpose4x4(sums[0], sums[1], sums[2], sums[3]);
  ((sums[0] + sums[1]) + (sums[2] + sums[3])).store(out);
}

// One output, its sum in the same order as among four: a tile equals its part of the whole.
float resample_one(const float* weights, int taps, const float* in) {
  F32x4 sums = F32x4::zero();
  int t = 0;
  for (; t + 4 <= taps; t += 4) {
    sums = add_taps(F32x4::load(weights + t), F32x4::load(in + t), sums);
  }
  const int rest = taps - t;
  sums = add_taps(F32x4::load_partial(weights + t, rest), F32x4::load_partial(in + t, rest), sums);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// kTaps = 0 takes the number at run time.
template <int kTaps>
void combine(const float* weights, int run_time_taps, const float* in, int64_t stride,
             int64_t count, float* out) {
  const int taps = kTaps ? kTaps : run_time_taps;
  const auto sum_at = [&](int64_t j, auto load) {
    const F32x4 first = F32x4::load_splat(weights);
    F32x4 sum = first * read_by(first, load(in + j));
    for (int t = 1; t < taps; ++t) {
      sum = add_taps(F32x4::load_splat(weights + t), load(in + t * stride + j), sum);
    }
    return sum;
  };
  int64_t j = 0;
  for (; j + 4 <= count; j += 4) sum_at(j, F32x4::load).store(out + j);
  for (; j < count; ++j) out[j] = sum_at(j, F32x4::load_splat)[0];
}

// Weighted passes.
void resample(const ResizePass& pass, const float* in, float* out, ThreadPool& pool) {
  const AxisFilter& filter = pass.filter;
  if (pass.inner == 1) {
    pool.parallel_for(pass.outer, rows_per_chunk(filter.out), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        resample_row(filter, 0, filter.out, in + row * filter.in, out + row * filter.out);
      }
    });
    return;
  }
  pool.parallel_for(
      pass.outer * filter.out, rows_per_chunk(pass.inner), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          const int64_t i = row % filter.out;
          const float* window =
              in +
              (row / filter.out * filter.in + filter.first[static_cast<size_t>(i)]) * pass.inner;
          combine_rows(&filter.weights[static_cast<size_t>(i * filter.taps)], filter.taps, window,
                       pass.inner, pass.inner, out + row * pass.inner);
        }
      });
}

// The same for elements of double.
void resample_doubles(const ResizePass& pass, const double* in, double* out, ThreadPool& pool) {
  const AxisFilter& filter = pass.filter;
  pool.parallel_for(
      pass.outer * filter.out, rows_per_chunk(pass.inner), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          const auto i = static_cast<size_t>(row % filter.out);
          const double* weights = &filter.wide_weights[i * static_cast<size_t>(filter.taps)];
          const double* window = in + (row / filter.out * filter.in + filter.first[i]) * pass.inner;
          double* to = out + row * pass.inner;
          std::fill_n(to, pass.inner, 0.0);
          for (int t = 0; t < filter.taps; ++t, window += pass.inner) {
            if (weights[t] == 0) continue;  // 0 times infinity or NaN would be NaN
            for (int64_t j = 0; j < pass.inner; ++j) to[j] += weights[t] * window[j];
          }
        }
      });
}

// Copies the chosen rows, of kBytes each or, where kBytes is 0, of `bytes`.
template <size_t kBytes>
void copy_rows(const int32_t* first, int64_t count, size_t bytes, const std::byte* in,
               std::byte* out) {
  const size_t row = kBytes ? kBytes : bytes;
  for (int64_t i = 0; i < count; ++i, out += row) {
    std::memcpy(out, in + static_cast<size_t>(first[i]) * row, row);
  }
}

using CopyRows = void (*)(const int32_t*, int64_t, size_t, const std::byte*, std::byte*);

CopyRows copy_rows_of(size_t bytes) {
  switch (bytes) {
    case 1:
      return copy_rows<1>;
    case 2:
      return copy_rows<2>;
    case 4:
      return copy_rows<4>;
    case 8:
      return copy_rows<8>;
    case 16:
      return copy_rows<16>;
    default:
      return copy_rows<0>;
  }
}

// Passes of one tap: no arithmetic, any element type.
void select(const ResizePass& pass, size_t element_size, const std::byte* in, std::byte* out,
            ThreadPool& pool) {
  const AxisFilter& filter = pass.filter;
  const size_t bytes = static_cast<size_t>(pass.inner) * element_size;
  const CopyRows copy = copy_rows_of(bytes);
  pool.parallel_for(pass.outer * filter.out, rows_per_chunk(pass.inner),
                    [&](int64_t begin, int64_t end) {
                      while (begin < end) {
                        const int64_t outer = begin / filter.out, i = begin % filter.out;
                        const int64_t count = std::min(end - begin, filter.out - i);
                        copy(&filter.first[static_cast<size_t>(i)], count, bytes,
                             in + static_cast<size_t>(outer * filter.in) * bytes,
                             out + static_cast<size_t>(begin) * bytes);
                        begin += count;
                      }
                    });
}

void fill_outside(const ResizePass& pass, size_t element_size, uint64_t value, std::byte* out) {
  for (int64_t outer = 0; outer < pass.outer; ++outer) {
    for (const int32_t i : pass.filter.outside) {
      std::byte* to =
          out + static_cast<size_t>((outer * pass.filter.out + i) * pass.inner) * element_size;
      for (int64_t j = 0; j < pass.inner; ++j, to += element_size) {
        std::memcpy(to, &value, element_size);
      }
    }
  }
}

// Intermediate results alternate between two areas of scratch.
std::array<uint64_t, 2> scratch_areas(const ResizePlan& plan) {
  std::array<uint64_t, 2> bytes = {0, 0};
  for (size_t i = 0; i + 1 < plan.passes.size(); ++i) {
    const auto needed = static_cast<uint64_t>(plan.passes[i].out_elements()) * plan.element_size;
    bytes[i % 2] = std::max(bytes[i % 2], (needed + 15) / 16 * 16);
  }
  return bytes;
}

double growth(const AxisFilter& filter) {
  return static_cast<double>(filter.out) / static_cast<double>(filter.in);
}

}  // namespace

uint64_t ResizePlan::scratch_bytes() const {
  const auto areas = scratch_areas(*this);
  return areas[0] + areas[1];
}

ResizePlan plan_resize(std::span<const int64_t> in_shape, std::vector<AxisFilter> filters,
                       size_t element_size, uint64_t extrapolation) {
  std::vector<int64_t> shape(in_shape.begin(), in_shape.end());
  const auto product = [&](size_t begin, size_t end) {
    return std::accumulate(shape.begin() + static_cast<ptrdiff_t>(begin),
                           shape.begin() + static_cast<ptrdiff_t>(end), int64_t{1},
                           std::multiplies<>());
  };
  // Shrinking axes go first, growing ones last; among equals the innermost, the one whose pass is
  // slowest, meets the fewest elements.
  const auto growth_along = [&](size_t axis) { return growth(filters[axis]); };
  std::vector<size_t> order;
  for (size_t axis = filters.size(); axis-- > 0;) {
    order.insert(std::ranges::upper_bound(order, growth_along(axis), {}, growth_along), axis);
  }

  ResizePlan plan{{}, element_size, extrapolation};
  for (const size_t axis : order) {
    if (filters[axis].is_identity()) continue;
    ResizePass pass{std::move(filters[axis]), product(0, axis), product(axis + 1, shape.size())};
    const bool in_vectors = pass.inner == 1 && pass.filter.taps > 1 && !pass.filter.weights.empty();
    if (in_vectors) pass.filter = pass.filter.padded_to_vectors();
    shape[axis] = pass.filter.out;
    plan.passes.push_back(std::move(pass));
  }
  return plan;
}

void resize(const ResizePlan& plan, const void* in, void* out, std::byte* scratch,
            ThreadPool& pool) noexcept {
  const size_t last = plan.passes.size() - 1;
  std::byte* const areas[2] = {scratch, scratch + scratch_areas(plan)[0]};
  const auto* from = static_cast<const std::byte*>(in);
  for (size_t i = 0; i < plan.passes.size(); ++i) {
    const ResizePass& pass = plan.passes[i];
    std::byte* to = i == last ? static_cast<std::byte*>(out) : areas[i % 2];
    if (pass.filter.taps == 1) {
      select(pass, plan.element_size, from, to, pool);
    } else if (!pass.filter.wide_weights.empty()) {
      resample_doubles(pass, reinterpret_cast<const double*>(from), reinterpret_cast<double*>(to),
                       pool);
    } else {
      resample(pass, reinterpret_cast<const float*>(from), reinterpret_cast<float*>(to), pool);
    }
    fill_outside(pass, plan.element_size, plan.extrapolation, to);
    from = to;
  }
}

void resample_row(const AxisFilter& filter, int64_t begin, int64_t end, const float* in,
                  float* out) noexcept {
  const int32_t* first = filter.first.data() + begin;
  const float* weights = filter.weights.data() + begin * filter.taps;
  const int taps = filter.taps;
  int64_t i = 0;
  if (taps % 4 == 0) {
    for (; i + 4 <= end - begin; i += 4) {
      resample_four(first + i, weights + i * taps, taps, in, out + i);
    }
  }
  for (; i < end - begin; ++i) out[i] = resample_one(weights + i * taps, taps, in + first[i]);
}

void combine_rows(const float* weights, int taps, const float* in, int64_t stride, int64_t count,
                  float* out) noexcept {
  switch (taps) {
    case 2:
      return combine<2>(weights, taps, in, stride, count, out);
    case 4:
      return combine<4>(weights, taps, in, stride, count, out);
    default:
      return combine<0>(weights, taps, in, stride, count, out);
  }
}

}  // namespace fovea::kernels
