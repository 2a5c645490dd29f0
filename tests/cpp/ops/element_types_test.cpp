// What infer_node says of element types, for every operator alike.

#include <gtest/gtest.h>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

Error error_from(const OpCase& op, const std::vector<Tensor>& inputs) {
  try {
    infer_op(op, inputs);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << op.op_type << " threw no error";
  return Error(ErrorCode::Internal, "");
}

const Tensor kFloats = Tensor::of<float>({2}, {0, 1});
const Tensor kStrings = Tensor::of_strings({2}, {"a", "b"});

TEST(ElementTypes, RefusalsSayWhichInputAndWhatItTakes) {
  const Error error = error_from({"Gather", 13}, {kFloats, kFloats});
  EXPECT_EQ(error.code(), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error.message(), "Gather takes int32, int64 as input 1, not float32");
  EXPECT_EQ(error.field("input"), "1");
  EXPECT_EQ(error.field("dtype"), "float32");
}

TEST(ElementTypes, OperandsShareOne) {
  const Error error = error_from({"Where", 16}, {Tensor::of<bool>({2}, {true, false}), kFloats,
                                                 Tensor::of<double>({2}, {0, 1})});
  EXPECT_EQ(error.code(), ErrorCode::MalformedModel);
  EXPECT_EQ(error.message(), "Where takes float32, which input 1 is, as input 2, not float64");
  EXPECT_EQ(error.field("input"), "2");
}

// Before any shape is looked at, and before a kernel is chosen.
TEST(ElementTypes, StringsAreNoNumbers) {
  const auto code = [](const OpCase& op, std::vector<Tensor> inputs) {
    return error_from(op, inputs).code();
  };
  const Tensor ints = int64_vector({0, 1});
  for (const std::string op_type : {"Abs",     "Neg",        "Relu",          "Clip",
                                    "Sin",     "Sigmoid",    "ReduceSum",     "ReduceMax",
                                    "Softmax", "LogSoftmax", "ArgMax",        "NonZero",
                                    "Not",     "IsNaN",      "BitwiseNot",    "GlobalAveragePool",
                                    "MaxPool", "Sum",        "Max",           "Upsample",
                                    "Dropout", "EyeLike",    "GlobalMaxPool", "AveragePool"}) {
    const int opset = op_type == "Upsample" ? 9 : 18;
    EXPECT_EQ(code({op_type, opset}, {kStrings}), ErrorCode::UnsupportedAttribute) << op_type;
  }
  for (const std::string op_type : {"Conv", "ConvTranspose", "Add", "Div", "Mod", "Pow", "Less",
                                    "And", "BitwiseAnd", "BitShift", "MatMul", "Gemm", "PRelu"}) {
    EXPECT_EQ(code({op_type, 18}, {kStrings, kStrings}), ErrorCode::UnsupportedAttribute)
        << op_type;
  }
  for (const std::string op_type : {"TopK", "CumSum"}) {
    EXPECT_EQ(code({op_type, 18}, {kStrings, ints}), ErrorCode::UnsupportedAttribute) << op_type;
  }
  for (const std::string op_type : {"ScatterElements", "ScatterND"}) {
    const OpCase adding = {op_type, 18, {{"reduction", std::string("add")}}};
    EXPECT_EQ(code(adding, {kStrings, ints, kStrings}), ErrorCode::UnsupportedAttribute) << op_type;
  }
}

// ONNX has them for types without arithmetic, too.
TEST(ElementTypes, ShapesAreReadOfAnyType) {
  for (const DTypeInfo& type : all_dtypes()) {
    const Tensor in = type.dtype == DType::String ? kStrings : Tensor::allocate(type.dtype, {2});
    for (const std::string op_type : {"Shape", "Size", "Identity", "Squeeze"}) {
      const auto infer = [&] { return infer_op({op_type, 18}, {in})[0].dtype; };
      if (!type.supported) {
        EXPECT_EQ(error_of(infer), ErrorCode::UnsupportedAttribute) << op_type << " " << type.name;
        continue;
      }
      const bool of_shape = op_type == "Shape" || op_type == "Size";
      EXPECT_EQ(infer(), of_shape ? DType::Int64 : type.dtype) << op_type << " " << type.name;
    }
  }
}

TEST(ElementTypes, ConvolutionsAreOfOneType) {
  const auto image = [](DType dtype) { return Tensor::allocate(dtype, {1, 2, 3, 3}); };
  const Tensor f = image(DType::Float), d = image(DType::Double), i = image(DType::Int32);
  for (const std::string op_type : {"Conv", "ConvTranspose"}) {
    EXPECT_EQ(error_from({op_type}, {f, d}).code(), ErrorCode::MalformedModel);
    EXPECT_EQ(error_from({op_type}, {i, i}).code(), ErrorCode::UnsupportedAttribute);
    EXPECT_EQ(error_from({op_type}, {f, i}).message(),
              op_type + " takes float32, float64 as input 1, not int32");
  }
}

TEST(ElementTypes, ShapesAndAxesAreIntegers) {
  const auto code = [](const OpCase& op, std::vector<Tensor> inputs) {
    return error_from(op, inputs).code();
  };
  for (const std::string op_type :
       {"Reshape", "Squeeze", "Unsqueeze", "Expand", "Tile", "Pad", "Slice", "Split", "ReduceSum",
        "TopK", "CumSum", "Trilu", "Gather"}) {
    EXPECT_EQ(code({op_type, 18}, {kFloats, kFloats}), ErrorCode::UnsupportedAttribute) << op_type;
  }
  EXPECT_EQ(code({"ConstantOfShape", 18}, {kFloats}), ErrorCode::UnsupportedAttribute);
}

}  // namespace
}  // namespace fovea::test
