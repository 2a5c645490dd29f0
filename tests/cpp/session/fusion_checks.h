#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/model_builder.h"
#include "support/random.h"
#include "support/session_runner.h"

// Models whose nodes the passes fuse, against the same models as they are written.

namespace fovea::test {

using Names = std::vector<std::string>;

inline Tensor random(Shape shape, uint32_t seed) {
  const int64_t count = shape.elements();
  return Tensor::of<float>(std::move(shape),
                           std::span<const float>(random_floats(count, seed, -0.5f, 0.5f)));
}

// The operators that ran, without conversions of layout.
inline Names ran(Session& session, const std::vector<Feed>& feeds) {
  const auto run = session.start(feeds);
  while (!run->advance(0)) {
  }
  Names names;
  for (const NodeProfile& step : run->profile()) {
    if (!step.op_type.starts_with("To")) names.emplace_back(step.op_type);
  }
  return names;
}

// Sums of up to 100 products of magnitude 1/4, a few layers deep, with other roundings.
inline void expect_close(const std::vector<Tensor>& actual, const std::vector<Tensor>& expected,
                         double tolerance = 1e-5) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    ASSERT_EQ(actual[i].shape(), expected[i].shape());
    double scale = 1;
    for (const float value : expected[i].as<float>()) {
      scale = std::max<double>(scale, std::abs(value));
    }
    for (size_t k = 0; k < static_cast<size_t>(actual[i].elements()); ++k) {
      ASSERT_NEAR(actual[i].as<float>()[k], expected[i].as<float>()[k], tolerance * scale) << k;
    }
  }
}

// `operators` are those of the fused model. The plan of the first shapes serves twice: a step that
// spoilt a constant or an input would show.
inline void check(const ModelBuilder& model, const Names& operators,
                  const std::vector<std::vector<Feed>>& runs) {
  const auto plain = load(model.bytes(), {.disabled_passes = {"*"}});
  for (const int threads : {1, 3}) {
    const auto fused = load(model.bytes(), {}, threads);
    EXPECT_EQ(ran(*fused, runs[0]), operators);
    for (const std::vector<Feed>& feeds : runs) {
      const std::vector<Tensor> expected = plain->run(feeds);
      expect_close(fused->run(feeds), expected);
      expect_close(fused->run(feeds), expected);
    }
  }
}

}  // namespace fovea::test
