#include "image/elements.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "image/tensors.h"

namespace fovea::image {
namespace {

TEST(Elements, EveryTypeOrderAndOrientationThereAndBack) {
  const int64_t width = 5, height = 3, channels = 3;
  ThreadPool pool(2);
  std::vector<float> levels;
  for (int i = 0; i < 45; ++i) levels.push_back(static_cast<float>((i * 37) % 256));
  for (const DType type : kElementTypes) {
    for (const bool channels_last : {false, true}) {
      for (int bits = 0; bits < 8; ++bits) {
        const Orientation orientation(bits);
        TestTensor tensor(type, channels_last, channels, width, height, orientation);
        const ElementView view = unturned(tensor.image(), orientation);
        store_elements(whole_planes<const float>(levels.data(), width, height), view, channels,
                       width, height, pool);
        for (int64_t c = 0; c < channels; ++c) {
          for (int64_t y = 0; y < height; ++y) {
            for (int64_t x = 0; x < width; ++x) {
              ASSERT_EQ(tensor.at(c, turned(x, y, width, height, bits)),
                        levels[static_cast<size_t>((c * height + y) * width + x)])
                  << bits << ": " << x << ", " << y;
            }
          }
        }
        std::vector<float> back(levels.size(), 1.0f);
        const Planes planes = whole_planes(back.data(), width, height);
        load_elements(view, planes, channels, width, height, true, pool);
        for (size_t i = 0; i < back.size(); ++i) ASSERT_EQ(back[i], levels[i] + 1);
        load_elements(view, planes, channels, width, height, false, pool);
        ASSERT_EQ(back, levels);
      }
    }
  }
}

TEST(Elements, BytesAreClampedAndRoundedToEven) {
  const float levels[] = {-3.0f, 0.5f, 1.5f, 2.49f, 254.5f, 255.4f, 1e9f, NAN};
  const float want[] = {0, 0, 2, 2, 254, 255, 255, 0};
  ThreadPool pool(1);
  TestTensor tensor(DType::Uint8, false, 1, 8, 1, Orientation());
  store_elements(whole_planes(levels, 8, 1), unturned(tensor.image(), Orientation()), 1, 8, 1,
                 pool);
  for (int64_t x = 0; x < 8; ++x) EXPECT_EQ(tensor.at(0, {x, 0}), want[x]);
}

TEST(Elements, OrientationsAreThoseThatThereAre) {
  EXPECT_THROW(Orientation(8), Error);
  EXPECT_THROW(Orientation(-1), Error);
  EXPECT_TRUE(is_element_type(DType::Float16));
  EXPECT_FALSE(is_element_type(DType::Double));
}

}  // namespace
}  // namespace fovea::image
