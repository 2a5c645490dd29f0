#include "threads/thread_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

namespace fovea {
namespace {

// Runs one loop that writes non-atomically into every element, so that a chunk given twice, a gap,
// or a return before the end is seen (and a race is ThreadSanitizer's to see).
void expect_covered_once(ThreadPool& pool, int64_t count, int64_t grain) {
  std::vector<int> visits(static_cast<size_t>(count), 0);
  std::atomic<int64_t> small_chunks{0}, chunks{0};
  pool.parallel_for(count, grain, [&](int64_t begin, int64_t end) {
    ASSERT_LT(begin, end);
    chunks.fetch_add(1);
    if (end - begin < grain) small_chunks.fetch_add(1);
    for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
  });
  EXPECT_EQ(visits, std::vector<int>(static_cast<size_t>(count), 1));
  if (count >= grain) {
    EXPECT_EQ(small_chunks, 0) << count << " by " << grain;
  } else {
    EXPECT_EQ(chunks, count > 0 ? 1 : 0);
  }
}

class ThreadPoolTest : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, CoversEveryIndexOnceInChunksOfAtLeastTheGrain) {
  ThreadPool pool(GetParam());
  for (const int64_t count : {0, 1, 2, 3, 7, 64, 100, 1001}) {
    for (const int64_t grain : {1, 2, 3, 16, 1000}) expect_covered_once(pool, count, grain);
  }
}

TEST_P(ThreadPoolTest, SurvivesManyShortLoopsAndPauses) {
  ThreadPool pool(GetParam());
  for (int round = 0; round < 2000; ++round) {
    std::array<int64_t, 37> squares{};
    pool.parallel_for(37, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) squares[static_cast<size_t>(i)] = i * i;
    });
    ASSERT_EQ(std::accumulate(squares.begin(), squares.end(), int64_t{0}), 16206);
    // Long enough for the workers to fall asleep now and then.
    if (round % 400 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

TEST_P(ThreadPoolTest, WorkersAreInRangeAndNeverShared) {
  ThreadPool pool(GetParam());
  ASSERT_GE(pool.size(), 1);
  std::vector<std::atomic<int>> inside(static_cast<size_t>(pool.size()));
  for (int round = 0; round < 100; ++round) {
    pool.parallel_for(64, 1, [&](int64_t, int64_t, int worker) {
      ASSERT_GE(worker, 0);
      ASSERT_LT(worker, pool.size());
      EXPECT_EQ(inside[static_cast<size_t>(worker)].fetch_add(1), 0);
      inside[static_cast<size_t>(worker)].fetch_sub(1);
    });
  }
}

TEST_P(ThreadPoolTest, NestedLoopsRunSeriallyAsTheSameWorker) {
  ThreadPool pool(GetParam()), other(2);
  for (const int64_t outer_count : {1, 16}) {
    std::atomic<int64_t> total{0};
    pool.parallel_for(outer_count, 1, [&](int64_t begin, int64_t end, int outer) {
      for (int64_t i = begin; i < end; ++i) {
        other.parallel_for(8, 1, [&](int64_t from, int64_t to) { total.fetch_add(to - from); });
        const auto thread = std::this_thread::get_id();
        pool.parallel_for(100, 1, [&](int64_t from, int64_t to, int inner) {
          EXPECT_EQ(inner, outer);
          EXPECT_EQ(std::this_thread::get_id(), thread);
          EXPECT_EQ(to - from, 100);
          total.fetch_add(to - from);
        });
      }
    });
    EXPECT_EQ(total, outer_count * 108);
  }
}

TEST_P(ThreadPoolTest, SeveralThreadsMayUseOnePool) {
#if FOVEA_THREADS
  ThreadPool pool(GetParam());
  const auto use = [&] {
    for (int round = 0; round < 200; ++round) expect_covered_once(pool, 50, 1);
  };
  std::thread first(use), second(use);
  first.join();
  second.join();
#else
  GTEST_SKIP() << "built without threads";
#endif
}

TEST_P(ThreadPoolTest, StartsAndStops) {
  for (int round = 0; round < 20; ++round) {
    ThreadPool pool(GetParam());
    if (round % 2 == 0) expect_covered_once(pool, 10, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest, testing::Values(1, 2, 3, 6));

TEST(ThreadPool, ClampsTheNumberOfThreads) {
  EXPECT_EQ(ThreadPool(0).size(), 1);
  EXPECT_EQ(ThreadPool(-5).size(), 1);
#if FOVEA_THREADS && !defined(__wasm__)
  EXPECT_EQ(ThreadPool(1000).size(), 64);
#endif
}

}  // namespace
}  // namespace fovea
