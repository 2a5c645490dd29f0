#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "base/error.h"
#include "support/heap_depot.h"
#include "tensor/dispatch.h"
#include "tensor/form.h"

namespace fovea {
namespace {

TEST(Tensor, CopiesShareTheirElements) {
  Tensor tensor = Tensor::of<float>({2, 2}, {1, 2, 3, 4});
  const Tensor copy = tensor;
  tensor.mutable_as<float>()[3] = 5;
  EXPECT_EQ(copy.as<float>()[3], 5.0f);
  EXPECT_EQ(copy.bytes(), 16u);
  EXPECT_EQ(copy.reshaped({4}).data(), copy.data());
}

TEST(Tensor, MemoryIsAligned) {
  for (int64_t size : {1, 3, 1000}) {
    const Tensor tensor = Tensor::allocate(DType::Uint8, {size});
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data()) % 64, 0u);
  }
}

TEST(Tensor, AViewKeepsItsOwnerAlive) {
  auto owner = std::make_shared<int>(7);
  const std::weak_ptr<int> alive = owner;
  {
    const Tensor view = Tensor::view(DType::Int32, {1}, owner.get(), owner);
    owner.reset();
    EXPECT_EQ(view.as<int32_t>()[0], 7);
  }
  EXPECT_TRUE(alive.expired());
}

TEST(Tensor, ElementsThatArePutAwayComeBack) {
  const Tensor tensor = Tensor::of<float>({2, 2}, {1, 2, 3, 4});
  const Tensor copy = tensor.reshaped({4});
  for (int round = 0; round < 2; ++round) {
    tensor.put_away(test::heap_depot());
    EXPECT_EQ(tensor.data_if_here(), nullptr);
    EXPECT_EQ(copy.data_if_here(), nullptr);
    EXPECT_EQ(copy.as<float>()[3], 4.0f);
    EXPECT_EQ(tensor.data_if_here(), copy.data());
  }
  EXPECT_EQ(tensor.identity(), copy.identity());
  EXPECT_NE(tensor.identity(), copy_of(tensor).identity());
}

TEST(Tensor, FewElementsStayAndPinnedOnes) {
  const Tensor tensor = Tensor::of<float>({3}, {1, 2, 3});
  Depot depot = test::heap_depot();
  depot.least = 13;
  tensor.put_away(depot);
  tensor.put_away(Depot());
  EXPECT_NE(tensor.data_if_here(), nullptr);
  depot.least = 12;
  tensor.put_away(depot);
  EXPECT_EQ(tensor.data_if_here(), nullptr);
  tensor.pin();
  tensor.put_away(depot);
  EXPECT_NE(tensor.data_if_here(), nullptr);
  EXPECT_EQ(tensor.as<float>()[2], 3.0f);
}

TEST(Tensor, ACopyOfElementsIsPutAwayFromTheOutset) {
  const float elements[] = {1, 2};
  const auto bytes = std::as_bytes(std::span(elements));
  const Tensor away = Tensor::copy(DType::Float, {2}, bytes, test::heap_depot());
  EXPECT_EQ(away.data_if_here(), nullptr);
  EXPECT_EQ(away.as<float>()[1], 2.0f);
  const Tensor here = Tensor::copy(DType::Float, {2}, bytes);
  EXPECT_EQ(here.as<float>()[1], 2.0f);
  EXPECT_NE(here.data(), bytes.data());
}

TEST(Tensor, WhatCannotBeHadIsOutOfMemory) {
  try {
    allocate_bytes(uint64_t{1} << 63);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
    EXPECT_EQ(error.field("bytes"), "9223372036854775808");
  }
}

// In WebAssembly 2^32 bytes are 0 where a size is only cast.
TEST(Tensor, AViewsSizeIsAddressable) {
  const Shape shape{int64_t{1} << 32};
  if (sizeof(size_t) > 4) {
    EXPECT_EQ(Tensor::view(DType::Uint8, shape, nullptr, nullptr).bytes(), size_t{1} << 31 << 1);
  } else {
    EXPECT_THROW(Tensor::view(DType::Uint8, shape, nullptr, nullptr), Error);
  }
}

TEST(Tensor, IsReadAsOtherShapesOfAsManyElements) {
  const Tensor tensor = Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(tensor.reshaped({3, 2}).shape(), Shape({3, 2}));
  EXPECT_THROW(tensor.reshaped({7}), Error);
}

TEST(Tensor, IdenticalMeansTypeShapeAndElements) {
  const Tensor tensor = Tensor::of<float>({2}, {1, 2});
  EXPECT_TRUE(identical(tensor, Tensor::of<float>({2}, {1, 2})));
  EXPECT_FALSE(identical(tensor, Tensor::of<float>({2}, {1, 3})));
  EXPECT_FALSE(identical(tensor, Tensor::of<float>({2, 1}, {1, 2})));
  EXPECT_FALSE(identical(tensor, Tensor::of<int32_t>({2}, {1, 2})));
  EXPECT_FALSE(identical(Tensor::of_strings({1}, {"a"}), Tensor::of_strings({1}, {"b"})));
  EXPECT_TRUE(identical(Tensor::of<float>({0}, {}), Tensor::of<float>({0}, {})));
}

TEST(Tensor, CopiesOfStringsAndNumbersAreTheirOwn) {
  Tensor words = Tensor::of_strings({2}, {"a", "b"});
  const Tensor copy = copy_of(words);
  words.mutable_as<std::string>()[0] = "c";
  EXPECT_EQ(copy.strings()[0], "a");
  EXPECT_EQ(copy.strings()[1], "b");
  const Tensor numbers = Tensor::of<int64_t>({1}, {7});
  EXPECT_NE(copy_of(numbers).data(), numbers.data());
  EXPECT_EQ(copy_of(numbers).as<int64_t>()[0], 7);
}

TEST(Tensor, StringsMustFitTheShape) {
  EXPECT_EQ(Tensor::of_strings({2}, {"a", "b"}).strings()[1], "b");
  EXPECT_THROW(Tensor::of_strings({3}, {"a", "b"}), Error);
}

TEST(Tensor, ConvertsNumbers) {
  EXPECT_EQ(to_int64s(Tensor::of<float>({2}, {1.9f, -1.9f})), (std::vector<int64_t>{1, -1}));
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(to_int64s(Tensor::of<double>({4}, {1e30, -inf, inf, std::nan("")})),
            (std::vector<int64_t>{INT64_MAX, INT64_MIN, INT64_MAX, 0}));
  EXPECT_EQ(to_int64s(Tensor::of<Half>({1}, {to_half(1e9f)})), (std::vector<int64_t>{INT64_MAX}));
  EXPECT_EQ(to_int64s(Tensor::of<uint64_t>({1}, {UINT64_MAX})), (std::vector<int64_t>{INT64_MAX}));
  EXPECT_EQ(to_floats(Tensor::of<Half>({1}, {to_half(0.5f)})), (std::vector<float>{0.5f}));
  EXPECT_EQ(to_int64s(Tensor::of<double>({4}, {1e30, -1e30, NAN, 0x1p63})),
            (std::vector<int64_t>{INT64_MAX, INT64_MIN, 0, INT64_MAX}));
  EXPECT_EQ(to_int64s(Tensor::of<float>({2}, {INFINITY, -INFINITY})),
            (std::vector<int64_t>{INT64_MAX, INT64_MIN}));
  EXPECT_THROW(to_floats(Tensor::of_strings({1}, {"a"})), Error);
}

TEST(Layout, ChannelsAreRoundedUpToFour) {
  EXPECT_EQ(bytes_of(DType::Float, {2, 3, 5, 7}, Layout::Plain), 2u * 3 * 5 * 7 * 4);
  EXPECT_EQ(bytes_of(DType::Float, {2, 3, 5, 7}, Layout::ChannelsLast), 2u * 4 * 5 * 7 * 4);
  EXPECT_EQ(bytes_of(DType::Float, {2, 0, 5, 7}, Layout::ChannelsLast), 0u);
  EXPECT_EQ(bytes_of(DType::Double, {int64_t{1} << 40}, Layout::Plain), uint64_t{1} << 43);
}

TEST(Dispatch, RefusesOtherTypes) {
  EXPECT_EQ((dispatch<float, int64_t>(
                DType::Int64, [](auto tag) { return sizeof(typename decltype(tag)::type); })),
            8u);
  EXPECT_THROW((dispatch<float>(DType::Int64, [](auto) {})), Error);
}

}  // namespace
}  // namespace fovea
