#include "session/field_checks.h"

// What operators' rules say of the pixels they look at, against runs, of each by itself.

namespace fovea::test {
namespace {

using Kind = ReceptiveField::Kind;
using std::string;

constexpr Axes kSwapped = {{2, 3}, {3, 2}};

struct Case {
  string name;
  string (*build)(Network&);
  Shape picture = {1, 4, 24, 30};
  Axes axes = {};
  Rate rate = {};
  int opset = 18;
};

string resized(Network& n, std::vector<float> scales, std::vector<ModelBuilder::Attribute> how) {
  return n.node("Resize", {"x", "", n.floats({1, 1, scales[0], scales[1]})}, std::move(how));
}

string shaped(Network& n, const string& x, const Ints& shape) {
  return n.node("Reshape", {x, n.ints(shape)});
}

string transposed(Network& n, const string& x, const Ints& perm) {
  return n.node("Transpose", {x}, {{"perm", perm}});
}

const Ints kNoPads = {0, 0, 0, 0};

const std::vector<Case> kCases = {
    {"Conv", [](Network& n) { return n.conv("x", 4, 2, 3, 1); }},
    {"ConvValid", [](Network& n) { return n.conv("x", 4, 2, 5, 0); }},
    {"ConvStrided",
     [](Network& n) { return n.conv("x", 4, 2, 3, 1, 2); },
     {1, 4, 24, 30},
     {},
     {2, 1}},
    {"ConvSkipping",
     [](Network& n) { return n.conv("x", 4, 2, 2, 0, 3); },
     {1, 4, 24, 30},
     {},
     {3, 1}},
    {"ConvDilated", [](Network& n) { return n.conv("x", 4, 2, 3, 2, 1, 2); }},
    {"ConvInGroups",
     [](Network& n) {
       return n.node("Conv", {"x", n.weights({4, 2, 4, 2})},
                     {{"group", int64_t{2}}, {"pads", Ints{3, 1, 0, 0}}});
     }},
    {"ConvSameUpper",
     [](Network& n) {
       return n.node("Conv", {"x", n.weights({4, 4, 4, 4})}, {{"auto_pad", string("SAME_UPPER")}});
     }},
    {"ConvSameLower",
     [](Network& n) {
       return n.node("Conv", {"x", n.weights({4, 4, 4, 5})},
                     {{"auto_pad", string("SAME_LOWER")}, {"strides", Ints{2, 2}}});
     },
     {1, 4, 24, 30},
     {},
     {2, 1}},
    {"ConvTranspose",
     [](Network& n) { return n.deconv("x", 4, 2, 4, 2, 1); },
     {1, 4, 15, 18},
     {},
     {1, 2}},
    {"ConvTransposeOdd",
     [](Network& n) { return n.deconv("x", 4, 2, 3, 2, 1, 1, 1); },
     {1, 4, 15, 18},
     {},
     {1, 2}},
    {"ConvTransposeWithGaps",
     [](Network& n) { return n.deconv("x", 4, 2, 2, 3, 0); },
     {1, 4, 15, 18},
     {},
     {1, 3}},
    {"ConvTransposePoints",
     [](Network& n) { return n.deconv("x", 4, 2, 1, 2, 0); },
     {1, 4, 15, 18},
     {},
     {1, 2}},
    {"ConvTransposeDilated",
     [](Network& n) { return n.deconv("x", 4, 2, 3, 3, 2, 2); },
     {1, 4, 15, 18},
     {},
     {1, 3}},
    {"ConvTransposeDilatedAlike",
     [](Network& n) { return n.deconv("x", 4, 2, 3, 2, 1, 2); },
     {1, 4, 15, 18},
     {},
     {1, 2}},
    {"ConvTransposeDense", [](Network& n) { return n.deconv("x", 4, 2, 5, 1, 4); }},
    {"ConvTransposePadded",
     [](Network& n) { return n.deconv("x", 4, 2, 8, 4, 6); },
     {1, 4, 15, 18},
     {},
     {1, 4}},
    {"ConvTransposeSame",
     [](Network& n) {
       return n.node("ConvTranspose", {"x", n.weights({4, 2, 5, 3})},
                     {{"auto_pad", string("SAME_UPPER")}, {"strides", Ints{2, 2}}});
     },
     {1, 4, 15, 18},
     {},
     {1, 2}},
    {"ConvTransposeInGroups",
     [](Network& n) {
       return n.node(
           "ConvTranspose", {"x", n.weights({4, 1, 3, 3})},
           {{"group", int64_t{2}}, {"strides", Ints{2, 2}}, {"output_padding", Ints{1, 1}}});
     },
     {1, 4, 15, 18},
     {},
     {1, 2}},
    {"MaxPool",
     [](Network& n) {
       return n.node("MaxPool", {"x"}, {{"kernel_shape", Ints{3, 2}}, {"pads", Ints{1, 0, 1, 1}}});
     }},
    {"AveragePool",
     [](Network& n) {
       return n.node("AveragePool", {"x"}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{3, 3}}});
     },
     {1, 2, 24, 30},
     {},
     {3, 1}},
    {"MaxPoolDilated",
     [](Network& n) {
       return n.node("MaxPool", {"x"},
                     {{"kernel_shape", Ints{2, 3}},
                      {"dilations", Ints{3, 2}},
                      {"ceil_mode", int64_t{1}},
                      {"strides", Ints{2, 2}}});
     },
     {1, 2, 24, 30},
     {},
     {2, 1}},
    {"LpPool",
     [](Network& n) {
       return n.node("LpPool", {"x"}, {{"kernel_shape", Ints{2, 4}}});
     }},
    {"Relu", [](Network& n) { return n.node("Relu", {"x"}); }},
    {"Add",
     [](Network& n) {
       return n.node("Add", {"x", n.weights({4, 1, 1})});
     }},
    {"AddShifted",
     [](Network& n) {
       return n.node("Add", {n.conv("x", 4, 4, 3, 1), "x"});
     }},
    {"Sum",
     [](Network& n) {
       return n.node("Sum", {"x", n.weights({1}), "x"});
     }},
    {"Where",
     [](Network& n) {
       return n.node("Where", {n.node("Less", {"x", n.weights({1})}), "x", n.weights({1})});
     }},
    {"Clip",
     [](Network& n) {
       return n.node("Clip", {"x", n.weights({})});
     }},
    {"PRelu",
     [](Network& n) {
       return n.node("PRelu", {"x", n.weights({4, 1, 1})});
     }},
    {"Dropout", [](Network& n) { return n.node("Dropout", {"x"}); }},
    {"Cast",
     [](Network& n) {
       const string wide = n.node("Cast", {"x"}, {{"to", int64_t{1}}});
       return n.node("CastLike", {wide, "x"});
     }},
    {"BatchNormalization",
     [](Network& n) {
       return n.node("BatchNormalization",
                     {"x", n.weights({4}), n.weights({4}), n.weights({4}), n.weights({4})});
     }},
    {"LayerNormalizationOfChannels",
     [](Network& n) {
       const string last = transposed(n, "x", {0, 2, 3, 1});
       return transposed(n, n.node("LayerNormalization", {last, n.weights({4})}), {0, 3, 1, 2});
     }},
    {"SoftmaxOfChannels",
     [](Network& n) {
       return n.node("Softmax", {"x"}, {{"axis", int64_t{1}}});
     }},
    {"LRN",
     [](Network& n) {
       return n.node("LRN", {"x"}, {{"size", int64_t{3}}});
     }},
    {"LpNormalization",
     [](Network& n) {
       return n.node("LpNormalization", {"x"}, {{"axis", int64_t{1}}});
     }},
    {"ReduceMeanOfChannels",
     [](Network& n) {
       return n.node("ReduceMean", {"x", n.ints({1})}, {{"keepdims", int64_t{0}}});
     },
     {1, 4, 24, 30},
     {{2, 3}, {1, 2}}},
    {"ReduceMaxOfChannels",
     [](Network& n) {
       return n.node("ReduceMax", {"x", n.ints({1})});
     }},
    {"TopKOfChannels",
     [](Network& n) {
       return n.nodes("TopK", {"x", n.ints({2})}, 2, {{"axis", int64_t{1}}})[0];
     }},
    {"CumSumOfChannels",
     [](Network& n) {
       return n.node("CumSum", {"x", n.ints({1})});
     }},
    {"Nearest",
     [](Network& n) {
       return resized(n, {2, 3}, {});
     },
     {1, 2, 15, 18},
     {},
     {0, 1}},
    {"Transpose",
     [](Network& n) {
       return transposed(n, "x", {0, 1, 3, 2});
     },
     {1, 4, 24, 30},
     kSwapped},
    {"ToChannelsLast",
     [](Network& n) {
       return transposed(n, "x", {0, 2, 3, 1});
     },
     {1, 4, 24, 30},
     {{2, 3}, {1, 2}}},
    {"DepthToSpace",
     [](Network& n) {
       return n.node("DepthToSpace", {"x"}, {{"blocksize", int64_t{2}}});
     },
     {1, 8, 15, 18},
     {},
     {1, 2}},
    {"SpaceToDepth",
     [](Network& n) {
       return n.node("SpaceToDepth", {"x"}, {{"blocksize", int64_t{3}}});
     },
     {1, 1, 24, 30},
     {},
     {3, 1}},
    {"ConcatOfChannels",
     [](Network& n) {
       return n.node("Concat", {"x", n.conv("x", 4, 2, 3, 1)}, {{"axis", int64_t{1}}});
     }},
    {"ConcatToTheEnds",
     [](Network& n) {
       const string ends = n.node("Slice", {"x", n.ints({0}), n.ints({3}), n.ints({2})});
       return n.node("Concat", {ends, "x", ends}, {{"axis", int64_t{2}}});
     }},
    {"Split",
     [](Network& n) {
       return n.nodes("Split", {"x", n.ints({1, 3})}, 2, {{"axis", int64_t{1}}})[1];
     }},
    {"SplitAndJoined",
     [](Network& n) {
       const auto halves = n.nodes("Split", {"x", n.ints({10, 14})}, 2, {{"axis", int64_t{2}}});
       return n.node("Concat", {n.node("Relu", {halves[0]}), halves[1]}, {{"axis", int64_t{2}}});
     }},
    {"Cropped",
     [](Network& n) {
       return n.node("Slice", {"x", n.ints({2, 3}), n.ints({-1, -4}), n.ints({2, 3})});
     }},
    {"EverySecond",
     [](Network& n) {
       return n.node("Slice",
                     {"x", n.ints({1, 0}), n.ints({100, 100}), n.ints({2, 3}), n.ints({2, 2})});
     },
     {1, 4, 24, 30},
     {},
     {2, 1}},
    {"Padded",
     [](Network& n) {
       return n.node("Pad", {"x", n.ints({0, 0, 2, 1, 0, 0, 0, 3})}, {{"mode", string("reflect")}});
     }},
    {"PaddedAndCropped",
     [](Network& n) {
       return n.node("Pad", {"x", n.ints({0, 0, -2, 1, 0, 0, 3, -3})});
     }},
    {"Gathered",
     [](Network& n) {
       return n.node("Gather", {"x", n.ints({2, 0})}, {{"axis", int64_t{1}}});
     }},
    {"GatheredOne",
     [](Network& n) {
       return n.node("Gather", {"x", n.constant(Tensor::of<int64_t>({}, {1}))},
                     {{"axis", int64_t{1}}});
     },
     {1, 4, 24, 30},
     {{2, 3}, {1, 2}}},
    {"Expanded",
     [](Network& n) {
       return n.node("Expand", {"x", n.ints({2, 3, 1, 1})});
     },
     {1, 1, 24, 30}},
    {"Tiled",
     [](Network& n) {
       return n.node("Tile", {"x", n.ints({1, 2, 1, 1})});
     }},
    {"Squeezed",
     [](Network& n) {
       return n.node("Unsqueeze", {n.node("Squeeze", {"x", n.ints({0})}), n.ints({1, 4})});
     },
     {1, 4, 24, 30},
     {{2, 3}, {2, 3}}},
    {"Flattened",
     [](Network& n) {
       return shaped(n, n.node("Relu", {shaped(n, "x", {1, 4, 720})}), {1, 4, 24, 30});
     }},
    {"MatMulOfRows",
     [](Network& n) {
       return n.node("MatMul", {"x", n.weights({5, 3})});
     },
     {1, 24, 30, 5},
     {{1, 2}, {1, 2}}},
    {"MatMulOfColumns",
     [](Network& n) {
       return shaped(n, n.node("MatMul", {n.weights({3, 4}), shaped(n, "x", {4, 720})}),
                     {1, 3, 24, 30});
     }},
    {"Gemm",
     [](Network& n) {
       const string rows = shaped(n, transposed(n, "x", {0, 2, 3, 1}), {720, 4});
       const string made =
           n.node("Gemm", {rows, n.weights({3, 4}), n.weights({3})}, {{"transB", int64_t{1}}});
       return shaped(n, made, {1, 24, 30, 3});
     },
     {1, 4, 24, 30},
     {{2, 3}, {1, 2}}},
    {"GemmTransposed",
     [](Network& n) {
       const string columns = shaped(n, "x", {4, 720});
       return shaped(n, n.node("Gemm", {columns, n.weights({4, 3})}, {{"transA", int64_t{1}}}),
                     {1, 24, 30, 3});
     },
     {1, 4, 24, 30},
     {{2, 3}, {1, 2}}},
    {"Einsum",
     [](Network& n) {
       return n.node("Einsum", {"x", n.weights({4, 3})}, {{"equation", string("nchw,cd->ndhw")}});
     }},
    {"ShuffleByReshape",
     [](Network& n) {
       const string split = transposed(n, shaped(n, "x", {1, 2, 2, 3, 15, 18}), {0, 1, 4, 2, 5, 3});
       return shaped(n, split, {1, 2, 30, 54});
     },
     {1, 12, 15, 18},
     {},
     {0, 1}},
    {"UnshuffleByReshape",
     [](Network& n) {
       const string split = transposed(n, shaped(n, "x", {1, 2, 12, 2, 15, 2}), {0, 1, 3, 5, 2, 4});
       return shaped(n, split, {1, 8, 12, 15});
     },
     {1, 2, 24, 30},
     {},
     {2, 1}},
    {"WindowsByReshape",
     [](Network& n) {
       const string split = transposed(n, shaped(n, "x", {1, 4, 6, 4, 6, 5}), {0, 2, 4, 3, 5, 1});
       const string windows = shaped(n, split, {36, 20, 4});
       const string mixed = n.node("MatMul", {n.weights({20, 20}), windows});
       const string back = transposed(n, shaped(n, mixed, {1, 6, 6, 4, 5, 4}), {0, 5, 1, 3, 2, 4});
       return shaped(n, back, {1, 4, 24, 30});
     }},
};

class RulesOfWindows : public testing::TestWithParam<Case> {};

TEST_P(RulesOfWindows, AreWhatRunsShow) {
  const Case& c = GetParam();
  Network network(c.picture, c.opset);
  const string output = c.build(network);
  if (c.rate.num > 0) return check_field(network, output, c.axes, c.rate);
  // Of another rate for each axis.
  const ReceptiveField field = field_of(network, output, c.axes);
  ASSERT_EQ(field.kind, Kind::Local) << field.node;
  for (size_t i = 0; i < 2; ++i) {
    const Rate rate = {1, i == 0 ? 2 : 3};
    const Margins seen = margins_by_runs(network, output, c.axes.input[i], c.axes.output[i], rate);
    EXPECT_EQ(field.margins[i].before, seen.before);
    EXPECT_EQ(field.margins[i].after, seen.after);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, RulesOfWindows, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

// ---- Resize ----

struct Scaling {
  float scale;
  Rate rate;
};

constexpr Scaling kScalings[] = {
    {2, {1, 2}},     {3, {1, 3}},        {4, {1, 4}},     {1.5f, {2, 3}},  {0.5f, {2, 1}},
    {0.25f, {4, 1}}, {1 / 3.0f, {3, 1}}, {0.75f, {4, 3}}, {1.25f, {4, 5}}, {0.6f, {5, 3}}};

TEST(RulesOfWindows, OfResizesAreWhatRunsShow) {
  for (const string coordinates : {"half_pixel", "pytorch_half_pixel", "asymmetric",
                                   "half_pixel_symmetric", "tf_half_pixel_for_nn"}) {
    for (const string mode : {"nearest", "linear", "cubic"}) {
      if (coordinates == "tf_half_pixel_for_nn" && mode != "nearest") continue;
      for (const auto& [scale, rate] : kScalings) {
        for (const string way : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}) {
          const bool first = way == "round_prefer_floor";
          if (mode != "nearest" && !first) continue;
          for (const int64_t antialias : {0, 1}) {
            if (antialias == 1 && (mode == "nearest" || scale > 1)) continue;
            SCOPED_TRACE(
                text(coordinates, " ", mode, " ", way, " ", antialias, " ", std::to_string(scale)));
            Network network({1, 1, 60, 2});
            const string output = resized(network, {scale, 1},
                                          {{"coordinate_transformation_mode", coordinates},
                                           {"mode", mode},
                                           {"nearest_mode", way},
                                           {"antialias", antialias}});
            const ReceptiveField field = field_of(network, output);
            ASSERT_EQ(field.kind, Kind::Local);
            const Margins seen = margins_by_runs(network, output, 2, 2, rate);
            EXPECT_EQ(field.margins[0].before, seen.before);
            EXPECT_EQ(field.margins[0].after, seen.after);
          }
        }
      }
    }
  }
}

TEST(RulesOfWindows, OfResizesToSizesAndOldOnesAreWhatRunsShow) {
  for (const string mode : {"nearest", "linear", "cubic"}) {
    Network network({1, 1, 42, 60});
    const string sizes = network.ints({1, 1, 56, 80});
    const string resize = network.node("Resize", {"x", "", "", sizes}, {{"mode", mode}});
    check_field(network, resize, {}, {3, 4});
  }
  for (const int opset : {9, 10}) {
    for (const string mode : {"nearest", "linear"}) {
      Network network({1, 1, 20, 30}, opset);
      const string op_type = opset == 9 ? "Upsample" : "Resize";
      check_field(network,
                  network.node(op_type, {"x", network.floats({1, 1, 2, 2})}, {{"mode", mode}}), {},
                  {1, 2});
    }
  }
}

TEST(RulesOfWindows, OfResizesWhosePlacesDependOnTheLengthAreUnknown) {
  Network network({1, 1, 20, 30});
  const string resize = resized(
      network, {2, 2},
      {{"coordinate_transformation_mode", string("align_corners")}, {"mode", string("linear")}});
  expect_not_local(field_of(network, resize), Kind::Unknown, "Resize_1", "Resize");
}

// ---- what is not local ----

TEST(RulesOfWindows, NameWhoLooksAtTheWhole) {
  struct Looking {
    string op_type;
    string (*build)(Network&);
  };
  const Looking all[] = {
      {"GlobalAveragePool", [](Network& n) { return n.node("GlobalAveragePool", {"x"}); }},
      {"GlobalMaxPool", [](Network& n) { return n.node("GlobalMaxPool", {"x"}); }},
      {"InstanceNormalization",
       [](Network& n) {
         return n.node("InstanceNormalization", {"x", n.weights({4}), n.weights({4})});
       }},
      {"ReduceMean",
       [](Network& n) {
         return n.node("ReduceMean", {"x", n.ints({2, 3})});
       }},
      {"ReduceMax",
       [](Network& n) {
         return n.node("ReduceMax", {"x", n.ints({3})});
       }},
      {"Softmax", [](Network& n) { return n.node("Softmax", {"x"}); }},
      {"LayerNormalization",
       [](Network& n) {
         return n.node("LayerNormalization", {"x", n.weights({30})});
       }},
      {"MatMul",
       [](Network& n) {
         return n.node("MatMul", {"x", n.weights({30, 30})});
       }},
      {"CumSum",
       [](Network& n) {
         return n.node("CumSum", {"x", n.ints({3})});
       }},
      {"Tile",
       [](Network& n) {
         return n.node("Tile", {"x", n.ints({1, 1, 1, 2})});
       }},
      {"Slice",
       [](Network& n) {
         return n.node("Slice", {"x", n.ints({-1}), n.ints({-100}), n.ints({3}), n.ints({-1})});
       }},
      {"MeanVarianceNormalization",
       [](Network& n) { return n.node("MeanVarianceNormalization", {"x"}); }},
      {"GridSample",
       [](Network& n) {
         return n.node("GridSample", {"x", n.weights({1, 24, 30, 2})});
       }},
  };
  for (const Looking& looking : all) {
    SCOPED_TRACE(looking.op_type);
    Network network({1, 4, 24, 30}, 20);
    const string output = network.node("Add", {looking.build(network), network.weights({1})});
    expect_not_local(field_of(network, output), Kind::Whole, looking.op_type + "_1",
                     looking.op_type);
  }
}

TEST(RulesOfWindows, NameOfWhomNothingIsKnown) {
  Network gathering({1, 4, 24, 30});
  const string picked =
      gathering.node("Gather", {"x", gathering.ints({3, 1, 2})}, {{"axis", int64_t{2}}});
  expect_not_local(field_of(gathering, picked), Kind::Unknown, "Gather_1", "Gather");

  Network reshaping({1, 4, 24, 30});
  const string mixed = shaped(reshaping, "x", {1, 4, 16, 45});
  expect_not_local(field_of(reshaping, mixed), Kind::Unknown, "Reshape_1", "Reshape");

  Network counting({1, 4, 24, 30});
  const string found = counting.node("NonZero", {"x"});
  const string output = counting.node("Cast", {found}, {{"to", int64_t{11}}});
  expect_not_local(field_of(counting, output, {{2, 3}, {0, 1}}), Kind::Unknown, "NonZero_1",
                   "NonZero");
}

}  // namespace
}  // namespace fovea::test
