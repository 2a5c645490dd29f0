// Attributes and operands far out of range: every operator says so or computes what is right,
// without overflow, endless loops or memory that is not there.

#include <gtest/gtest.h>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

constexpr int64_t kBillion = 1'000'000'000;

// Edges of the integer types a product or sum could pass through, and of what a kernel can divide
// by.
const Ints kExtremes = {INT64_MIN,
                        INT64_MIN + 1,
                        -(int64_t{1} << 53),
                        -kBillion,
                        -1,
                        0,
                        kBillion,
                        (int64_t{1} << 31) - 1,
                        int64_t{1} << 31,
                        int64_t{1} << 32,
                        int64_t{1} << 53,
                        INT64_MAX - 1,
                        INT64_MAX};

// What is larger is not computed: sessions have a limit, too.
constexpr uint64_t kLargest = uint64_t{8} << 20;

bool is_small(const ValueType& output) {
  return !output.shape || bytes_of(output.dtype, *output.shape, output.form) <= kLargest;
}

// Any typed error will do, but one: an internal error is nobody's mistake but ours.
void run_or_refuse(const OpCase& op, const std::vector<Tensor>& inputs) {
  try {
    if (std::ranges::all_of(infer_op(op, inputs), is_small)) run_op(op, inputs);
  } catch (const Error& error) {
    EXPECT_NE(error.code(), ErrorCode::Internal) << op.op_type << ": " << error.message();
    EXPECT_FALSE(error.message().empty());
  }
}

const Tensor& image() {
  static const Tensor tensor = random_tensor({1, 4, 5, 6}, 1);
  return tensor;
}
// Shapes with any sizes but no elements take no memory.
const Tensor& nothing() {
  static const Tensor tensor = Tensor::allocate(DType::Float, {1, 0, int64_t{1} << 40, 6});
  return tensor;
}

TEST(HostileAttributes, Pools) {
  for (const int64_t v : kExtremes) {
    for (const std::string op : {"MaxPool", "AveragePool"}) {
      for (const int64_t flag : {0, 1}) {
        const auto pool = [&](const Ints& kernel, const Ints& strides, const Ints& dilations,
                              const Ints& pads) {
          for (const Tensor& in : {image(), nothing()}) {
            run_or_refuse({op,
                           19,
                           {{"kernel_shape", kernel},
                            {"strides", strides},
                            {"dilations", dilations},
                            {"pads", pads},
                            {"ceil_mode", flag},
                            {"count_include_pad", flag}}},
                          {in});
          }
        };
        pool({v, 2}, {1, 1}, {1, 1}, {0, 0, 0, 0});
        pool({2, 2}, {v, 1}, {1, 1}, {0, 0, 0, 0});
        pool({2, 2}, {1, 1}, {1, v}, {0, 0, 0, 0});
        pool({2, 2}, {kBillion, kBillion}, {1, 1}, {v, 0, 0, v});
        pool({v, v}, {v, v}, {v, v}, {v, v, v, v});
        pool({v, v}, {v, v}, {1, 1}, {v / 2, v / 2, v / 2, v / 2});
      }
    }
  }
}

TEST(HostileAttributes, Convolutions) {
  const Tensor weights = random_tensor({4, 4, 3, 3}, 2);
  const Tensor no_outputs = Tensor::allocate(DType::Float, {0, 4, 3, 3});
  for (const int64_t v : kExtremes) {
    for (const std::string op : {"Conv", "ConvTranspose"}) {
      const auto conv = [&](AttributeList attributes) {
        run_or_refuse({op, 17, attributes}, {image(), weights});
        run_or_refuse({op, 17, attributes}, {nothing(), weights});
      };
      conv({{"strides", Ints{v, v}}});
      conv({{"dilations", Ints{v, v}}});
      conv({{"dilations", Ints{v, 1}}, {"pads", Ints{v, 0, v, 0}}});
      conv({{"pads", Ints{v, v, v, v}}, {"strides", Ints{v, v}}});
      conv({{"pads", Ints{v, 1, 0, 1}}});
      conv({{"group", v}});
      run_or_refuse({op, 17, {{"group", v}}}, {image(), no_outputs});
      conv({{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{v, v}}});
      conv({{"output_padding", Ints{v, v}}, {"strides", Ints{v, v}}});
      conv({{"output_shape", Ints{v, v}}});
    }
  }
}

TEST(HostileAttributes, ShapesAndRepetitions) {
  const Tensor vector = iota_tensor<float>({3});
  for (const int64_t v : kExtremes) {
    for (const Tensor& in : {image(), nothing()}) {
      run_or_refuse({"Tile", 13}, {in, int64_vector({1, v, 1, 1})});
      run_or_refuse({"Tile", 13}, {in, int64_vector({v, v, v, v})});
      run_or_refuse({"Expand", 13}, {in, int64_vector({v, 1, 1, 1, 1})});
      run_or_refuse({"Expand", 13}, {in, int64_vector({v, v, 4, 5, 6})});
      run_or_refuse({"Reshape", 13}, {in, int64_vector({v, -1})});
      run_or_refuse({"Reshape", 14, {{"allowzero", int64_t{1}}}}, {in, int64_vector({v, 0, v})});
      run_or_refuse({"Resize", 18}, {in, Tensor(), Tensor(), int64_vector({1, 4, v, 6})});
      for (const std::string block : {"DepthToSpace", "SpaceToDepth"}) {
        run_or_refuse({block, 13, {{"blocksize", v}}}, {in});
      }
      for (const std::string mode : {"constant", "reflect", "edge", "wrap"}) {
        run_or_refuse({"Pad", 19, {{"mode", mode}}}, {in, int64_vector({0, 0, v, 0, 0, 0, v, 0})});
        run_or_refuse({"Pad", 19, {{"mode", mode}}},
                      {in, int64_vector({0, 0, v, 0, 0, 0, 1, -(v / 2)})});
      }
    }
    run_or_refuse({"ConstantOfShape", 9}, {int64_vector({v, 2})});
    run_or_refuse({"ConstantOfShape", 9}, {int64_vector({v, 0, v})});
    run_or_refuse({"OneHot", 11}, {int64_vector({0, 1}), int64_vector({v}), vector});
    run_or_refuse({"OneHot", 11}, {int64_vector({}), int64_vector({v}), iota_tensor<float>({2})});
    run_or_refuse({"TopK", 11, {}, 2}, {vector, int64_vector({v})});
    run_or_refuse({"Trilu", 14}, {image(), Tensor::of<int64_t>({}, {v})});
    run_or_refuse({"EyeLike", 9, {{"k", v}}}, {random_tensor({3, 4}, 1)});
    for (const int64_t w : kExtremes) {
      for (const int64_t step : kExtremes) {
        const auto scalar = [](int64_t x) { return Tensor::of<int64_t>({}, {x}); };
        run_or_refuse({"Range", 11}, {scalar(v), scalar(w), scalar(step)});
        run_or_refuse({"Slice", 13}, {image(), int64_vector({v}), int64_vector({w}),
                                      int64_vector({2}), int64_vector({step})});
      }
    }
  }
}

TEST(HostileAttributes, AxesAndParts) {
  const Tensor indices = int64_vector({0});
  for (const int64_t v : kExtremes) {
    for (const std::string op : {"Concat", "Softmax", "LogSoftmax", "Flatten", "ArgMax", "Split",
                                 "LayerNormalization", "Gather", "GatherElements"}) {
      std::vector<Tensor> inputs = {image()};
      if (op == "Concat") inputs.push_back(image());
      if (op == "LayerNormalization") inputs.push_back(random_tensor({6}, 1));
      if (op.starts_with("Gather")) inputs.push_back(indices);
      run_or_refuse({op, 17, {{"axis", v}}}, inputs);
    }
    for (const std::string op : {"ReduceSum", "Squeeze", "Unsqueeze"}) {
      run_or_refuse({op, 18}, {image(), int64_vector({v})});
      run_or_refuse({op, 18}, {image(), int64_vector({v, 1, v})});
      run_or_refuse({op, 18}, {image(), int64_vector({1, 1})});
    }
    run_or_refuse({"CumSum", 14}, {image(), Tensor::of<int64_t>({}, {v})});
    run_or_refuse({"Transpose", 13, {{"perm", Ints{0, v, 2, 3}}}}, {image()});
    run_or_refuse({"Split", 18, {{"num_outputs", v}}, 2}, {image()});
    run_or_refuse({"Split", 13, {{"axis", int64_t{1}}}, 2},
                  {image(), int64_vector({v, 4 - (v & 7)})});
    run_or_refuse({"GroupNormalization", 21, {{"num_groups", v}}},
                  {image(), random_tensor({4}, 1), random_tensor({4}, 2)});
    run_or_refuse({"GatherND", 13, {{"batch_dims", v}}}, {image(), int64_vector({0})});
    for (const std::string op : {"Gather", "GatherElements", "GatherND"}) {
      run_or_refuse({op, 13}, {iota_tensor<float>({3}), int64_vector({v})});
    }
    for (const std::string op : {"ScatterElements", "ScatterND"}) {
      const Tensor at = op == "ScatterND" ? int64_vector({v}).reshaped({1, 1}) : int64_vector({v});
      run_or_refuse({op, 16}, {iota_tensor<float>({3}), at, random_tensor({1}, 1)});
    }
  }
}

TEST(HostileAttributes, RegionsBlocksAndSpectra) {
  const Tensor roi = Tensor::of<float>({1, 5}, {0, 1, 1, 3, 3});
  const Tensor corners = Tensor::of<float>({1, 4}, {1, 1, 3, 3});
  const Tensor no_channels = Tensor::allocate(DType::Float, {1, 0, 5, 6});
  const Tensor columns = random_tensor({1, 4, 6}, 1), scalar = Tensor::of<int64_t>({}, {1});
  for (const int64_t v : kExtremes) {
    for (const Tensor& in : {image(), no_channels}) {
      for (const char* name : {"output_height", "output_width", "sampling_ratio"}) {
        run_or_refuse({"RoiAlign", 16, {{name, v}}}, {in, corners, int64_vector({0})});
      }
      run_or_refuse({"RoiAlign", 16}, {in, corners, int64_vector({v})});
      run_or_refuse({"MaxRoiPool", 1, {{"pooled_shape", Ints{v, 1}}}}, {in, roi});
    }
    for (const char* name : {"kernel_shape", "strides"}) {
      const Tensor nowhere = Tensor::allocate(DType::Int64, {1, 0, int64_t{1} << 40});
      run_or_refuse({"MaxUnpool", 11, {{"kernel_shape", Ints{2}}, {name, Ints{v}}}},
                    {Tensor::allocate(DType::Float, nowhere.shape()), nowhere});
    }
    for (const char* name : {"strides", "dilations"}) {
      run_or_refuse({"Col2Im", 18, {{name, Ints{v, 1}}}},
                    {columns, int64_vector({3, 4}), int64_vector({2, 2})});
    }
    run_or_refuse({"Col2Im", 18}, {columns, int64_vector({v, 4}), int64_vector({2, 2})});
    run_or_refuse({"Col2Im", 18}, {columns, int64_vector({3, v}), int64_vector({v, v})});
    run_or_refuse({"Col2Im", 18, {{"pads", Ints{v, v, v, v}}}},
                  {columns, int64_vector({3, 4}), int64_vector({2, 2})});
    const Tensor number = Tensor::of<int64_t>({}, {v});
    run_or_refuse({"DFT", 20}, {columns.reshaped({1, 24, 1}), number});
    run_or_refuse({"DFT", 20}, {columns.reshaped({1, 24, 1}), {}, number});
    run_or_refuse({"STFT", 17}, {columns.reshaped({1, 24, 1}), number, {}, scalar});
    run_or_refuse({"STFT", 17}, {columns.reshaped({1, 24, 1}), scalar, {}, number});
    run_or_refuse({"HannWindow", 17}, {number});
  }
}

// No box needs no memory, however many classes there are.
TEST(HostileAttributes, SuppressionOfNoBoxes) {
  const Tensor boxes = Tensor::allocate(DType::Float, {int64_t{1} << 25, 0, 4});
  const Tensor scores = Tensor::allocate(DType::Float, {int64_t{1} << 25, int64_t{1} << 25, 0});
  const auto out = run_op({"NonMaxSuppression", 11}, {boxes, scores, int64_vector({5})});
  EXPECT_EQ(out[0].shape(), (Shape{0, 3}));
}

}  // namespace
}  // namespace fovea::test
