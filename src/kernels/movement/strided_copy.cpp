#include "kernels/movement/strided_copy.h"

#include <cstring>

#include "kernels/movement/layout.h"
#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

constexpr int64_t kGrain = 16384;

// `Bytes` at compile time make each memcpy one load and one store.
template <size_t Bytes>
void copy_row(const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride,
              int64_t count) noexcept {
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(to, from, Bytes);
    from += from_stride;
    to += to_stride;
  }
}

using CopyRow = void (*)(const std::byte*, int64_t, std::byte*, int64_t, int64_t) noexcept;

CopyRow copy_row_of(size_t element_bytes) noexcept {
  switch (element_bytes) {
    case 1:
      return copy_row<1>;
    case 2:
      return copy_row<2>;
    case 4:
      return copy_row<4>;
    case 8:
      return copy_row<8>;
    default:
      return copy_row<16>;
  }
}

}  // namespace

void strided_copy(const LoopNest<2>& nest, const std::byte* from, std::byte* to,
                  size_t element_bytes, ThreadPool& pool) noexcept {
  const auto bytes = static_cast<int64_t>(element_bytes);
  const CopyRow copy = copy_row_of(element_bytes);
  parallel_rows(nest, kGrain, pool, [&](const RowCursor<2>& row) {
    const std::byte* source = from + row.offset(0) * bytes;
    std::byte* target = to + row.offset(1) * bytes;
    if (row.stride(0) == 1 && row.stride(1) == 1) {
      std::memcpy(target, source, static_cast<size_t>(row.count() * bytes));
    } else {
      copy(source, row.stride(0) * bytes, target, row.stride(1) * bytes, row.count());
    }
  });
}

void fill(std::byte* to, const std::byte* element, size_t element_bytes, int64_t count) noexcept {
  copy_row_of(element_bytes)(element, 0, to, static_cast<int64_t>(element_bytes), count);
}

void clear_channel_padding(float* data, int64_t pixels, int64_t channels) noexcept {
  using simd::F32x4, simd::I32x4;
  const int64_t padded = padded_channels(channels);
  if (padded == channels) return;
  const auto used = static_cast<int32_t>(channels + 4 - padded);
  const I32x4 kept = I32x4::set(0, 1, 2, 3) < I32x4::splat(used);
  float* last = data + padded - 4;
  for (int64_t pixel = 0; pixel < pixels; ++pixel, last += padded) {
    select(kept, F32x4::load(last), F32x4::zero()).store(last);
  }
}

void clear_channel_padding(float* data, int64_t pixels, int64_t channels,
                           ThreadPool& pool) noexcept {
  const int64_t padded = padded_channels(channels);
  if (padded == channels) return;
  pool.parallel_for(pixels, kGrain, [&](int64_t begin, int64_t end) {
    clear_channel_padding(data + begin * padded, end - begin, channels);
  });
}

}  // namespace fovea::kernels
