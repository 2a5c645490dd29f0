#include "ops/core/kernel.h"

#include <gtest/gtest.h>

#include "ops/op.h"

namespace fovea::test {
namespace {

TEST(Kernel, MovesWhatItRunsAndFreesItOnce) {
  ThreadPool pool(1);
  RunContext run({}, {}, {}, nullptr, pool);
  const auto count = std::make_shared<int>(0);
  {
    Kernel kernel = [count](RunContext&) { ++*count; };
    EXPECT_EQ(count.use_count(), 2);
    Kernel moved = std::move(kernel);
    EXPECT_EQ(count.use_count(), 2);
    moved(run);
    Kernel outer = [inner = std::move(moved)](RunContext& context) { inner(context); };
    outer(run);
    EXPECT_EQ(*count, 2);
    outer = nullptr;
    EXPECT_EQ(count.use_count(), 1);
    EXPECT_FALSE(outer);
  }
  EXPECT_FALSE(Kernel());
  int plain = 0;
  int* at = &plain;
  const Kernel trivial = [at](RunContext&) { *at = 7; };
  EXPECT_TRUE(trivial);
  trivial(run);
  EXPECT_EQ(plain, 7);
}

}  // namespace
}  // namespace fovea::test
