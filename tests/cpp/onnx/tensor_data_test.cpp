#include "onnx/tensor_data.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "support/onnx_writer.h"

namespace fovea::onnx {
namespace {

using namespace test;
using TensorBuilder = protozero::pbf_builder<TensorField>;
using Fill = std::function<void(TensorBuilder&)>;

// A tensor named "w" together with the bytes it refers to.
struct Stored {
  std::string bytes;
  Model model;

  const Tensor& tensor() const { return model.graph.initializers.at(0); }
};

Stored store(DType dtype, std::vector<int64_t> dims, const Fill& fill) {
  Stored out;
  out.bytes = write_tensor_model(write<TensorField>([&](auto& tensor) {
    tensor.add_packed_int64(TensorField::dims, dims.begin(), dims.end());
    tensor.add_int32(TensorField::data_type, static_cast<int32_t>(dtype));
    tensor.add_string(TensorField::name, "w");
    fill(tensor);
  }));
  out.model = decode(as_bytes(out.bytes));
  return out;
}

void nothing(TensorBuilder&) {}

Fill raw(std::string bytes) {
  return [bytes](TensorBuilder& tensor) { tensor.add_bytes(TensorField::raw_data, bytes); };
}

Fill int32s(std::vector<int32_t> values) {
  return [values](TensorBuilder& tensor) {
    tensor.add_packed_int32(TensorField::int32_data, values.begin(), values.end());
  };
}

template <class T>
std::vector<T> elements(const Stored& stored) {
  std::vector<T> out(byte_size(stored.tensor()) / sizeof(T));
  copy_elements(stored.tensor(), std::as_writable_bytes(std::span(out)));
  return out;
}

ErrorCode code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.field("tensor"), "w") << error.message();
    return error.code();
  }
  return ErrorCode::Internal;
}

TEST(TensorData, CopiesRawData) {
  const std::array<float, 3> values{1, -2, 0.5f};
  std::string bytes(sizeof(values), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  const Stored stored = store(DType::Float, {3, 1}, raw(bytes));
  EXPECT_EQ(byte_size(stored.tensor()), 12u);
  EXPECT_EQ(elements<float>(stored), (std::vector<float>{1, -2, 0.5f}));
  EXPECT_EQ(dense_view(stored.tensor())->data(), stored.tensor().raw_data.data());
}

TEST(TensorData, CopiesFloatsInOneRunAndInSeveral) {
  const std::array<float, 2> values{1.5f, -3};
  const auto pack = [&](TensorBuilder& tensor) {
    tensor.add_packed_float(TensorField::float_data, values.begin(), values.end());
  };
  const Stored one = store(DType::Float, {2}, pack);
  EXPECT_EQ(elements<float>(one), (std::vector<float>{1.5f, -3}));
  EXPECT_TRUE(dense_view(one.tensor()));

  const Stored several = store(DType::Float, {3}, [&](TensorBuilder& tensor) {
    tensor.add_float(TensorField::float_data, 7);
    pack(tensor);
  });
  EXPECT_EQ(elements<float>(several), (std::vector<float>{7, 1.5f, -3}));
  EXPECT_FALSE(dense_view(several.tensor()));
}

TEST(TensorData, CopiesDoubles) {
  const Stored stored = store(DType::Double, {}, [](TensorBuilder& tensor) {
    tensor.add_double(TensorField::double_data, 1e-300);
  });
  EXPECT_EQ(elements<double>(stored), (std::vector<double>{1e-300}));
}

TEST(TensorData, NarrowsInt32Data) {
  EXPECT_EQ(elements<int32_t>(store(DType::Int32, {3}, int32s({INT32_MIN, -1, INT32_MAX}))),
            (std::vector<int32_t>{INT32_MIN, -1, INT32_MAX}));
  EXPECT_EQ(elements<int8_t>(store(DType::Int8, {3}, int32s({-128, -1, 127}))),
            (std::vector<int8_t>{-128, -1, 127}));
  EXPECT_EQ(elements<uint8_t>(store(DType::Uint8, {2}, int32s({255, 0}))),
            (std::vector<uint8_t>{255, 0}));
  EXPECT_EQ(elements<int16_t>(store(DType::Int16, {2}, int32s({-32768, 32767}))),
            (std::vector<int16_t>{-32768, 32767}));
  EXPECT_EQ(elements<uint16_t>(store(DType::Uint16, {1}, int32s({65535}))),
            (std::vector<uint16_t>{65535}));
  EXPECT_EQ(elements<uint16_t>(store(DType::Float16, {2}, int32s({0x3c00, 0xbc00}))),
            (std::vector<uint16_t>{0x3c00, 0xbc00}));
  EXPECT_EQ(elements<uint16_t>(store(DType::BFloat16, {1}, int32s({0x3f80}))),
            (std::vector<uint16_t>{0x3f80}));
}

TEST(TensorData, CopiesWideIntegers) {
  const Stored int64s = store(DType::Int64, {2}, [](TensorBuilder& tensor) {
    tensor.add_int64(TensorField::int64_data, INT64_MIN);
    tensor.add_int64(TensorField::int64_data, -1);
  });
  EXPECT_EQ(elements<int64_t>(int64s), (std::vector<int64_t>{INT64_MIN, -1}));
  const Fill unsigneds = [](TensorBuilder& tensor) {
    tensor.add_uint64(TensorField::uint64_data, UINT32_MAX);
  };
  EXPECT_EQ(elements<uint64_t>(store(DType::Uint64, {1}, unsigneds)),
            (std::vector<uint64_t>{UINT32_MAX}));
  EXPECT_EQ(elements<uint32_t>(store(DType::Uint32, {1}, unsigneds)),
            (std::vector<uint32_t>{UINT32_MAX}));
}

TEST(TensorData, WritesBoolsAsZeroOrOne) {
  EXPECT_EQ(elements<uint8_t>(store(DType::Bool, {3}, int32s({0, 1, 7}))),
            (std::vector<uint8_t>{0, 1, 1}));
  const Stored stored = store(DType::Bool, {2}, raw(std::string("\x02\x00", 2)));
  EXPECT_EQ(elements<uint8_t>(stored), (std::vector<uint8_t>{1, 0}));
  EXPECT_FALSE(dense_view(stored.tensor()));
}

TEST(TensorData, HoldsNothingWhenADimensionIsZero) {
  const Stored stored = store(DType::Float, {INT64_MAX, 0, INT64_MAX}, nothing);
  EXPECT_EQ(element_count(stored.tensor()), 0);
  EXPECT_EQ(elements<float>(stored), std::vector<float>{});
  EXPECT_TRUE(dense_view(stored.tensor()));
}

TEST(TensorData, ChecksStrings) {
  const Fill two = [](TensorBuilder& tensor) {
    tensor.add_bytes(TensorField::string_data, "a");
    tensor.add_bytes(TensorField::string_data, "b");
  };
  EXPECT_NO_THROW(check_elements(store(DType::String, {2}, two).tensor()));
  const Stored three = store(DType::String, {3}, two);
  EXPECT_EQ(code_of([&] { check_elements(three.tensor()); }), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of([&] { byte_size(three.tensor()); }), ErrorCode::UnsupportedAttribute);
}

TEST(TensorData, RefusesAnotherNumberOfElements) {
  const auto check = [](DType dtype, std::vector<int64_t> dims, const Fill& fill) {
    const Stored stored = store(dtype, std::move(dims), fill);
    return code_of([&] { check_elements(stored.tensor()); });
  };
  EXPECT_EQ(check(DType::Float, {2}, raw("1234")), ErrorCode::MalformedModel);
  EXPECT_EQ(check(DType::Float, {1}, raw("12345")), ErrorCode::MalformedModel);
  EXPECT_EQ(check(DType::Float, {1}, nothing), ErrorCode::MalformedModel);
  EXPECT_EQ(check(DType::Float, {0}, raw("1234")), ErrorCode::MalformedModel);
  EXPECT_EQ(check(DType::Float, {1}, int32s({1})), ErrorCode::MalformedModel);
  EXPECT_EQ(check(DType::Int8, {1}, int32s({1, 2})), ErrorCode::MalformedModel);
  EXPECT_EQ(check(DType::Int8, {-1}, nothing), ErrorCode::MalformedModel);
}

// The third product would be 0 in 64 bits.
TEST(TensorData, RefusesMoreElementsThanCanBeCounted) {
  for (const std::vector<int64_t>& dims : std::vector<std::vector<int64_t>>{
           {1 << 30, 1 << 24}, {INT64_MAX, INT64_MAX}, {1LL << 32, 1LL << 32}}) {
    const Stored stored = store(DType::Int8, dims, nothing);
    EXPECT_EQ(code_of([&] { element_count(stored.tensor()); }), ErrorCode::MalformedModel);
  }
  EXPECT_EQ(element_count(store(DType::Int8, {1 << 30, 1 << 23}, nothing).tensor()), 1LL << 53);
}

TEST(TensorData, RefusesTypesItCannotHold) {
  const auto check = [](int32_t data_type) {
    const Stored stored = store(static_cast<DType>(data_type), {1}, raw("1"));
    return code_of([&] { byte_size(stored.tensor()); });
  };
  EXPECT_EQ(check(0), ErrorCode::MalformedModel);
  EXPECT_EQ(check(29), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(check(62), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(check(-1), ErrorCode::UnsupportedAttribute);
}

// onnx.proto, TensorProto.int32_data and raw_data, of elements of less than a byte.
TEST(TensorData, PacksElementsOfLessThanAByte) {
  const auto bytes_of_typed = [](DType dtype, int64_t count, std::vector<int32_t> numbers) {
    const Stored stored = store(dtype, {count}, [&](TensorBuilder& tensor) {
      tensor.add_packed_int32(TensorField::int32_data, numbers.begin(), numbers.end());
    });
    std::vector<std::byte> out(byte_size(stored.tensor()));
    copy_elements(stored.tensor(), out);
    return out;
  };
  using Bytes = std::vector<std::byte>;
  EXPECT_EQ(bytes_of_typed(DType::Int4, 3, {0x21, 0x3}), (Bytes{std::byte{0x21}, std::byte{3}}));
  EXPECT_EQ(bytes_of_typed(DType::Uint2, 4, {0xe4}), Bytes{std::byte{0xe4}});
  EXPECT_EQ(bytes_of_typed(DType::Float6E3M2, 2, {1, 3}), (Bytes{std::byte{0xc1}, std::byte{0}}));
  EXPECT_EQ(code_of([&] { bytes_of_typed(DType::Int4, 3, {0x21}); }), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of([&] { bytes_of_typed(DType::Float6E3M2, 2, {1}); }), ErrorCode::MalformedModel);
  const Stored short_raw = store(DType::Int4, {5}, raw("12"));
  EXPECT_EQ(code_of([&] { check_elements(short_raw.tensor()); }), ErrorCode::MalformedModel);
  const Stored whole_raw = store(DType::Int4, {5}, raw("123"));
  EXPECT_NO_THROW(check_elements(whole_raw.tensor()));
}

TEST(TensorData, RefusesSegments) {
  const Stored stored = store(DType::Int8, {1}, [](TensorBuilder& tensor) {
    tensor.add_bytes(TensorField::raw_data, "1");
    tensor.add_message(TensorField::segment, std::string());
  });
  EXPECT_EQ(code_of([&] { check_elements(stored.tensor()); }), ErrorCode::UnsupportedAttribute);
}

TEST(TensorData, RefusesADestinationOfAnotherSize) {
  const Stored stored = store(DType::Int8, {2}, raw("12"));
  std::array<std::byte, 3> out{};
  EXPECT_EQ(code_of([&] { copy_elements(stored.tensor(), out); }), ErrorCode::Internal);
}

Stored store_external(std::vector<std::pair<std::string, std::string>> entries) {
  return store(DType::Float, {4}, [&](TensorBuilder& tensor) {
    for (const auto& [key, value] : entries) {
      tensor.add_message(TensorField::external_data, write_pair(key, value));
    }
    tensor.add_int32(TensorField::data_location, Tensor::kExternal);
  });
}

TEST(ExternalData, SaysWhereTheElementsLie) {
  const Stored stored = store_external({{"location", "weights/a.bin"},
                                        {"offset", "4096"},
                                        {"length", "16"},
                                        {"checksum", "da39a3"},
                                        {"basepath", "ignored"}});
  const auto data = external_data(stored.tensor());
  ASSERT_TRUE(data);
  EXPECT_EQ(data->location, "weights/a.bin");
  EXPECT_EQ(data->offset, 4096u);
  EXPECT_EQ(data->length, 16u);
  EXPECT_EQ(data->checksum, "da39a3");
  EXPECT_EQ(byte_size(stored.tensor()), 16u);
  EXPECT_EQ(code_of([&] { check_elements(stored.tensor()); }), ErrorCode::InvalidInput);
}

TEST(ExternalData, NeedsOnlyALocation) {
  const Stored stored = store_external({{"location", "w"}});
  const auto data = external_data(stored.tensor());
  ASSERT_TRUE(data);
  EXPECT_EQ(data->offset, 0u);
  EXPECT_FALSE(data->length);
}

TEST(ExternalData, IsAbsentFromATensorInTheModel) {
  EXPECT_FALSE(external_data(store(DType::Int8, {1}, raw("1")).tensor()));
}

TEST(ExternalData, RefusesWhatIsNoNumberAndNoLocation) {
  const auto check = [](std::vector<std::pair<std::string, std::string>> entries) {
    const Stored stored = store_external(std::move(entries));
    return code_of([&] { external_data(stored.tensor()); });
  };
  EXPECT_EQ(check({}), ErrorCode::MalformedModel);
  for (const char* number : {"", "-1", "1x", " 1", "0x10", "18446744073709551616"}) {
    EXPECT_EQ(check({{"location", "w"}, {"offset", number}}), ErrorCode::MalformedModel) << number;
    EXPECT_EQ(check({{"location", "w"}, {"length", number}}), ErrorCode::MalformedModel) << number;
  }
}

}  // namespace
}  // namespace fovea::onnx
