#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include "base/error.h"
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

TEST(Tensor, WhatCannotBeHadIsOutOfMemory) {
  set_allocation_limit(1000);
  try {
    Tensor::allocate(DType::Float, {251});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
    EXPECT_EQ(error.field("bytes"), "1004");
  }
  EXPECT_NO_THROW(Tensor::allocate(DType::Float, {250}));
  set_allocation_limit(0);
}

TEST(Tensor, StringsMustFitTheShape) {
  EXPECT_EQ(Tensor::of_strings({2}, {"a", "b"}).strings()[1], "b");
  EXPECT_THROW(Tensor::of_strings({3}, {"a", "b"}), Error);
}

TEST(Tensor, ConvertsNumbers) {
  EXPECT_EQ(to_int64s(Tensor::of<float>({2}, {1.9f, -1.9f})), (std::vector<int64_t>{1, -1}));
  EXPECT_EQ(to_floats(Tensor::of<Half>({1}, {to_half(0.5f)})), (std::vector<float>{0.5f}));
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
