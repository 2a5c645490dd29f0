#include "image/filter.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "image/reference.h"
#include "support/random.h"

namespace fovea::image {
namespace {

struct Sizes {
  int64_t width, height, out_width, out_height;

  Placement whole() const { return within({0, 0, width, height}); }
  Placement within(const Rect& window) const {
    return {window, width, height, out_width, out_height};
  }
};

// The plane that a filter reads, of a whole plane, whose outermost elements go on.
std::vector<float> plane_for(const PartFilter& filter, const std::vector<float>& whole,
                             const Sizes& sizes) {
  const Rect& source = filter.source;
  std::vector<float> plane;
  for (int64_t y = source.y; y < source.bottom(); ++y) {
    for (int64_t x = source.x; x < source.right(); ++x) {
      const int64_t column = std::clamp<int64_t>(x, 0, sizes.width - 1);
      plane.push_back(whole[static_cast<size_t>(y * sizes.width + column)]);
    }
  }
  return plane;
}

std::vector<float> filtered(Kernel kernel, const std::vector<float>& whole, const Sizes& sizes,
                            const Rect& part) {
  const PartFilter filter = make_part_filter(kernel, sizes.whole(), part, ColumnTaps::InVectors);
  EXPECT_GE(filter.source.x, 0);
  EXPECT_GE(filter.source.y, 0);
  EXPECT_LE(filter.source.right(), sizes.width + 3);
  EXPECT_LE(filter.source.bottom(), sizes.height);
  const std::vector<float> plane = plane_for(filter, whole, sizes);
  std::vector<float> out(static_cast<size_t>(part.width * part.height));
  std::vector<float> scratch(static_cast<size_t>(filter.source.width));
  for (int64_t y = 0; y < part.height; ++y) {
    filter_row(filter, plane.data(), y, scratch.data(), out.data() + y * part.width);
  }
  return out;
}

std::vector<float> filtered(Kernel kernel, const std::vector<float>& whole, const Sizes& sizes) {
  return filtered(kernel, whole, sizes, {0, 0, sizes.out_width, sizes.out_height});
}

void check(Kernel kernel, const Sizes& sizes) {
  const std::vector<float> in = test::random_floats(sizes.width * sizes.height, 1, 0.0f, 255.0f);
  const std::vector<float> got = filtered(kernel, in, sizes);
  for (int64_t y = 0; y < sizes.out_height; ++y) {
    const auto rows = reference_weights(kernel, sizes.height, sizes.out_height, y);
    for (int64_t x = 0; x < sizes.out_width; ++x) {
      const auto columns = reference_weights(kernel, sizes.width, sizes.out_width, x);
      double want = 0;
      for (size_t j = 0; j < rows.size(); ++j) {
        for (size_t i = 0; i < columns.size(); ++i) {
          want += rows[j] * columns[i] *
                  static_cast<double>(in[j * static_cast<size_t>(sizes.width) + i]);
        }
      }
      const size_t taps = rows.size() + columns.size();
      ASSERT_NEAR(static_cast<double>(got[static_cast<size_t>(y * sizes.out_width + x)]), want,
                  2 * 255 * static_cast<double>(taps + 8) * 0x1p-24)
          << x << ", " << y;
    }
  }
}

TEST(PartFilter, IsTheDefinition) {
  for (const Kernel kernel : kSmoothKernels) {
    for (const auto& [in, out] : kAxes) {
      check(kernel, {in, 5, out, 9});
      check(kernel, {5, in, 3, out});
    }
  }
}

TEST(PartFilter, APartIsThatOfTheWholeToTheLastBit) {
  const Sizes sizes = {23, 17, 41, 9};
  const std::vector<float> in = test::random_floats(23 * 17, 2, 0.0f, 255.0f);
  for (const Kernel kernel : kSmoothKernels) {
    const std::vector<float> whole = filtered(kernel, in, sizes);
    for (const Rect& part :
         {Rect{0, 0, 1, 1}, Rect{5, 2, 30, 6}, Rect{40, 8, 1, 1}, Rect{13, 0, 6, 9}}) {
      const std::vector<float> got = filtered(kernel, in, sizes, part);
      for (int64_t y = 0; y < part.height; ++y) {
        for (int64_t x = 0; x < part.width; ++x) {
          ASSERT_EQ(got[static_cast<size_t>(y * part.width + x)],
                    whole[static_cast<size_t>((part.y + y) * 41 + part.x + x)]);
        }
      }
    }
  }
}

TEST(PartFilter, KeepsAConstantAndItsOwnSize) {
  for (const Kernel kernel : kSmoothKernels) {
    for (const float value : filtered(kernel, std::vector<float>(24, 77.0f), {6, 4, 17, 9})) {
      EXPECT_NEAR(value, 77.0f, 77 * 16 * 0x1p-24f);
    }
  }
  const std::vector<float> in = test::random_floats(24, 2);
  EXPECT_EQ(filtered(Kernel::Bicubic, in, {6, 4, 6, 4}), in);
}

TEST(PartFilter, IsMadeForThePartAlone) {
  const Placement placement = {{99'000, 0, 1000, 1}, 100'000, 1, 1'000'000, 10};
  const Rect part = {995'000, 3, 64, 2};
  for (const Kernel kernel : {Kernel::Nearest, Kernel::Lanczos3}) {
    const PartFilter filter = make_part_filter(kernel, placement, part, ColumnTaps::AsNeeded);
    EXPECT_EQ(filter.columns.first.size(), 64u);
    EXPECT_EQ(filter.rows.first.size(), 2u);
    EXPECT_LE(filter.source.width, 14);
    EXPECT_EQ(filter.source.height, 1);
    EXPECT_TRUE(contains(placement.window, known_source(filter, placement)));
  }
}

TEST(PartFilter, NearestIsThePixelUnderTheCentre) {
  for (const auto& [in, out] : kAxes) {
    const Sizes sizes = {in, 1, out, 1};
    const PartFilter filter =
        make_part_filter(Kernel::Nearest, sizes.whole(), {0, 0, out, 1}, ColumnTaps::AsNeeded);
    for (int64_t x = 0; x < out; ++x) {
      const double center =
          (static_cast<double>(x) + 0.5) * static_cast<double>(in) / static_cast<double>(out);
      const int64_t got = filter.source.x + filter.columns.first[static_cast<size_t>(x)];
      EXPECT_EQ(got, static_cast<int64_t>(std::floor(center)));
    }
  }
}

TEST(PartFilter, AsksForPixelsThatAreGiven) {
  const Sizes sizes = {100, 1, 200, 1};
  const Placement placement = sizes.within({0, 0, 10, 1});
  const PartFilter filter =
      make_part_filter(Kernel::Bicubic, placement, {150, 0, 8, 1}, ColumnTaps::AsNeeded);
  EXPECT_THROW(known_source(filter, placement), Error);
}

}  // namespace
}  // namespace fovea::image
