#include <functional>
#include <map>

#include "base/error.h"
#include "session/field_checks.h"

// What is said of how far whole networks see.

namespace fovea::test {
namespace {

using Kind = ReceptiveField::Kind;
using std::string;

string repeated(string x, int times, const std::function<string(const string&)>& layer) {
  for (int i = 0; i < times; ++i) x = layer(x);
  return x;
}

string shuffled(Network& n, const string& x) {
  return n.node("DepthToSpace", {x}, {{"blocksize", int64_t{2}}, {"mode", string("CRD")}});
}

void expect_refused(const Session& session, const FieldRequest& request) {
  try {
    session.receptive_field(request);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidInput) << error.message();
  }
}

void expect_margins(const Network& network, const string& output, int64_t before, int64_t after,
                    const Axes& axes = {}) {
  const ReceptiveField field = field_of(network, output, axes);
  ASSERT_EQ(field.kind, Kind::Local) << field.node << " " << field.op_type;
  for (const Margins& margins : field.margins) {
    EXPECT_EQ(margins.before, before);
    EXPECT_EQ(margins.after, after);
  }
}

TEST(ReceptiveField, GrowsWithEachConvolution) {
  for (const int layers : {3, 12}) {
    Network n({1, 1, 48, 40});
    const auto conv = [&](const string& x) { return n.conv(x, 1, 1, 3, 1); };
    const string before = n.conv(repeated("x", layers - 1, conv), 1, 4, 3, 1);
    const string output = shuffled(n, before);
    expect_margins(n, output, layers, layers);
    if (layers == 3) check_field(n, output, {}, {1, 2});
  }
}

// Each of 30 blocks of two convolutions adds to what it was given.
TEST(ReceptiveField, OfADeepResidualNetworkIs60) {
  Network n({1, 1, 128, 128});
  const auto block = [&](const string& x) {
    const string inner = n.node("Relu", {n.conv(x, 1, 1, 3, 1)});
    return n.node("Add", {n.conv(inner, 1, 1, 3, 1), x});
  };
  expect_margins(n, repeated("x", 30, block), 60, 60);
}

TEST(ReceptiveField, OfValidConvolutionsLiesBehind) {
  Network n({1, 1, 40, 40});
  const auto conv = [&](const string& x) { return n.conv(x, 1, 1, 3, 0); };
  const string output = repeated("x", 4, conv);
  expect_margins(n, output, 0, 8);
  check_field(n, output);
}

// An hourglass: two strided convolutions, two ConvTransposes, and what skips them.
TEST(ReceptiveField, OfAnHourglassIsWhatRunsShow) {
  Network n({1, 1, 64, 64});
  const string once = n.conv("x", 1, 1, 3, 1, 2);
  const string twice = n.conv(n.conv(once, 1, 1, 3, 1, 2), 1, 1, 3, 1);
  const string up = n.node("Add", {n.deconv(twice, 1, 1, 4, 2, 1), once});
  const string output =
      n.node("Concat", {n.deconv(up, 1, 1, 4, 2, 1), "x"}, {{"axis", int64_t{1}}});
  check_field(n, output, {}, {1, 1});
}

TEST(ReceptiveField, OfUnshuffledPicturesIsWhatRunsShow) {
  Network n({1, 1, 64, 64});
  const string deep = n.node("SpaceToDepth", {"x"}, {{"blocksize", int64_t{2}}});
  const string conv = n.conv(n.conv(deep, 4, 4, 3, 1), 4, 16, 3, 1);
  const string output = shuffled(n, shuffled(n, conv));
  expect_margins(n, output, 5, 5);
  check_field(n, output, {}, {1, 2});
}

TEST(ReceptiveField, OfDilatedAndPooledNetworksIsWhatRunsShow) {
  Network n({1, 2, 72, 72});
  const string dilated = n.conv(n.conv("x", 2, 2, 3, 2, 1, 2), 2, 2, 3, 4, 1, 4);
  const string pooled =
      n.node("MaxPool", {dilated}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  const string scales = n.floats({1, 1, 2, 2});
  const string output =
      n.node("Resize", {n.conv(pooled, 2, 2, 3, 1), "", scales}, {{"mode", string("linear")}});
  check_field(n, output);
}

TEST(ReceptiveField, IsOfEachAxisAndDirectionByItself) {
  Network n({1, 1, 30, 40});
  const string conv = n.node("Conv", {"x", n.weights({1, 1, 1, 7})}, {{"pads", Ints{0, 5, 0, 1}}});
  const ReceptiveField field = field_of(n, conv);
  EXPECT_EQ(field.margins[0].before, 0);
  EXPECT_EQ(field.margins[0].after, 0);
  EXPECT_EQ(field.margins[1].before, 5);
  EXPECT_EQ(field.margins[1].after, 1);
}

// As TensorFlow has it, with Transposes around the convolutions, and negative axes.
TEST(ReceptiveField, OfChannelsLastIsThatOfTheirAxes) {
  Network n({1, 24, 30, 3});
  const string first = n.node("Transpose", {"x"}, {{"perm", Ints{0, 3, 1, 2}}});
  const string conv = n.conv(first, 3, 3, 5, 2);
  const string output = n.node("Transpose", {conv}, {{"perm", Ints{0, 2, 3, 1}}});
  expect_margins(n, output, 2, 2, {{1, 2}, {-3, -2}});
  // Where height is where width was, rows depend on all columns.
  EXPECT_EQ(field_of(n, output, {{1, 2}, {2, 1}}).kind, Kind::Whole);
}

TEST(ReceptiveField, IsWholeWhereChannelsAreWeighedByTheirMeans) {
  Network n({1, 2, 32, 32});
  const string features = n.conv("x", 2, 2, 3, 1);
  const string mean = n.node("GlobalAveragePool", {features});
  const string weight = n.node("Sigmoid", {n.conv(mean, 2, 2, 1, 0)});
  const string output = n.conv(n.node("Mul", {features, weight}), 2, 2, 3, 1);
  expect_not_local(field_of(n, output), Kind::Whole, "GlobalAveragePool_2", "GlobalAveragePool");
  // What does not need them is local all the same.
  expect_margins(n, features, 1, 1);
}

// Attention within windows of 4 x 4 pixels, of rolled pictures, as Swin has it.
TEST(ReceptiveField, OfAttentionInWindowsIsTheirs) {
  for (const int64_t rolled : {0, 2}) {
    SCOPED_TRACE(rolled);
    Network n({1, 24, 24, 4});
    const auto roll = [&](string x, int64_t by) {
      for (const int64_t axis : {1, 2}) {
        if (by == 0) continue;
        const string first = n.node("Slice", {x, n.ints({by}), n.ints({1000}), n.ints({axis})});
        const string last = n.node("Slice", {x, n.ints({0}), n.ints({by}), n.ints({axis})});
        x = n.node("Concat", {first, last}, {{"axis", axis}});
      }
      return x;
    };
    const auto reshape = [&](const string& x, const Ints& shape) {
      return n.node("Reshape", {x, n.ints(shape)});
    };
    const string norm = n.node("LayerNormalization", {"x", n.weights({4})});
    const string blocks = reshape(roll(norm, rolled), {1, 6, 4, 6, 4, 4});
    const string windows =
        reshape(n.node("Transpose", {blocks}, {{"perm", Ints{0, 1, 3, 2, 4, 5}}}), {-1, 16, 4});
    const string keys = n.node("Transpose", {n.node("MatMul", {windows, n.weights({4, 4})})},
                               {{"perm", Ints{0, 2, 1}}});
    const string scores = n.node("Softmax", {n.node("MatMul", {windows, keys})});
    const string mixed = reshape(n.node("MatMul", {scores, windows}), {1, 6, 6, 4, 4, 4});
    const string joined =
        reshape(n.node("Transpose", {mixed}, {{"perm", Ints{0, 1, 3, 2, 4, 5}}}), {1, 24, 24, 4});
    // Slices from -2 on are those from 22 on.
    const string back = rolled == 0 ? joined : roll(joined, 24 - rolled);
    const string output = n.node("Add", {back, "x"});
    check_field(n, output, {{1, 2}, {1, 2}});
    if (rolled == 0) expect_margins(n, output, 3, 3, {{1, 2}, {1, 2}});
  }
}

// The first tokens of a picture are its upper rows, not its left columns.
TEST(ReceptiveField, IsUnknownWhereTokensAreJoinedToTokens) {
  Network n({1, 1, 20, 20});
  const string tokens = n.node("Reshape", {"x", n.ints({1, 400, 1})});
  const string first =
      n.node("Slice", {n.node("Relu", {tokens}), n.ints({0}), n.ints({40}), n.ints({1})});
  const string rest = n.node("Slice", {tokens, n.ints({40}), n.ints({400}), n.ints({1})});
  const string joined = n.node("Concat", {first, rest}, {{"axis", int64_t{1}}});
  const string output = n.node("Reshape", {joined, n.ints({1, 1, 20, 20})});
  EXPECT_EQ(field_of(n, output).kind, Kind::Unknown);
}

// Sizes computed of shapes do not depend on pixels.
TEST(ReceptiveField, IsNotThatOfSizes) {
  Network n({1, 1, 20, 26});
  const string shape = n.node("Shape", {n.conv("x", 1, 1, 3, 1)});
  const string height = n.node("Gather", {shape, n.ints({2})});
  const string width = n.node("Gather", {shape, n.ints({3})});
  const string twice = n.ints({2});
  const string sizes = n.node(
      "Concat", {n.ints({1, 1}), n.node("Mul", {height, twice}), n.node("Mul", {width, twice})},
      {{"axis", int64_t{0}}});
  const string output = n.node("Resize", {"x", "", "", sizes}, {{"mode", string("linear")}});
  expect_margins(n, output, 1, 1);
  const string like =
      n.node("EyeLike", {n.node("ReduceMean", {"x", n.ints({0, 1})}, {{"keepdims", int64_t{0}}})});
  expect_margins(n, n.node("Add", {"x", like}), 0, 0);
}

TEST(ReceptiveField, OfWhatReadsNoPictureIsNothing) {
  Network n({1, 1, 20, 26});
  const string shape = n.node("Shape", {"x"});
  const string filled = n.node("ConstantOfShape", {shape});
  expect_margins(n, n.node("Cast", {filled}, {{"to", int64_t{11}}}), 0, 0);
}

// Rows by columns, and what does not advance alike: how far that gets away, the size tells.
TEST(ReceptiveField, IsNotLocalWherePlacesDriftApart) {
  Network n({1, 1, 20, 20});
  const string turned = n.node("Transpose", {"x"}, {{"perm", Ints{0, 1, 3, 2}}});
  const string output = n.node("Add", {"x", turned});
  expect_not_local(field_of(n, output), Kind::Whole, "Add_2", "Add");

  Network strided({1, 1, 20, 20});
  const string second = strided.node(
      "Slice", {"x", strided.ints({0}), strided.ints({20}), strided.ints({2}), strided.ints({2})});
  const string first =
      strided.node("Slice", {"x", strided.ints({0}), strided.ints({10}), strided.ints({2})});
  expect_not_local(field_of(strided, strided.node("Add", {first, second})), Kind::Unknown, "Add_3",
                   "Add");
}

TEST(ReceptiveField, OfConditionsIsKnownWhereTheyAre) {
  const auto build = [](bool known) {
    Network n({1, 1, 20, 20});
    ModelBuilder then, otherwise;
    then.node("Relu", {"x"}, {"a"}).output("a", DType::Double);
    otherwise.node("Neg", {"x"}, {"b"}).output("b", DType::Double);
    const string of = known ? n.constant(Tensor::of<double>({1}, {1.0}))
                            : n.node("ReduceMax", {"x"}, {{"keepdims", int64_t{0}}});
    const string condition = n.node("Cast", {of}, {{"to", int64_t{9}}});
    n.model().branch("If", {condition}, {"result"},
                     {{"then_branch", then}, {"else_branch", otherwise}});
    return field_of(n, "result");
  };
  EXPECT_EQ(build(true).kind, Kind::Local);
  const ReceptiveField field = build(false);
  EXPECT_NE(field.kind, Kind::Local);
}

// The types that a model has do not matter, nor do inputs beside the picture.
TEST(ReceptiveField, OfHalvesAndBytesIsThatOfFloats) {
  ModelBuilder model(18);
  model.input("picture", DType::Float16, {1, 1, "h", "w"})
      .input("noise", DType::Float16, {1, 1, "h", "w"});
  model.constant("w", Network::doubles({1, 2, 3, 3}, 1, 0.2f));
  model.node("Concat", {"picture", "noise"}, {"both"}, {{"axis", int64_t{1}}});
  model.node("Cast", {"w"}, {"halves"}, {{"to", int64_t{10}}});
  model.node("Conv", {"both", "halves"}, {"y"}, {{"pads", Ints{1, 1, 1, 1}}});
  const auto session = load(model.output("y", DType::Float16).bytes());
  FieldRequest request = {
      "picture", "y", {{"picture", {1, 1, 30, 30}}, {"noise", {1, 1, 30, 30}}}, {2, 3}, {2, 3}};
  const ReceptiveField field = session->receptive_field(request);
  ASSERT_EQ(field.kind, Kind::Local);
  EXPECT_EQ(field.margins[1].before, 1);

  request.shapes.erase("noise");
  expect_refused(*session, request);
}

TEST(ReceptiveField, OfQuantisedConvolutionsIsTheirs) {
  ModelBuilder model(18);
  model.input("x", DType::Float, {1, 1, 30, 30});
  model.constant("scale", Tensor::of<float>({}, {0.1f}));
  model.constant("zero", Tensor::of<uint8_t>({}, {uint8_t{0}}));
  model.constant("w", Tensor::of<uint8_t>({1, 1, 3, 3}, std::vector<uint8_t>(9, 1)));
  model.node("QuantizeLinear", {"x", "scale", "zero"}, {"q"});
  model.node("QLinearConv", {"q", "scale", "zero", "w", "scale", "zero", "scale", "zero"}, {"c"},
             {{"pads", Ints{1, 1, 1, 1}}});
  model.node("DequantizeLinear", {"c", "scale", "zero"}, {"y"});
  const auto session = load(model.output("y").bytes());
  const ReceptiveField field =
      session->receptive_field({"x", "y", {{"x", {1, 1, 30, 30}}}, {2, 3}, {2, 3}});
  ASSERT_EQ(field.kind, Kind::Local) << field.node << " " << field.op_type;
  EXPECT_EQ(field.margins[0].after, 1);
}

TEST(ReceptiveField, OfWhatIsNotThereIsAnError) {
  Network n({1, 1, 20, 20});
  const auto session = n.session(n.conv("x", 1, 1, 3, 1));
  const std::map<string, Shape> shapes = {{"x", {1, 1, 20, 20}}};
  const FieldRequest wrong[] = {
      {"y", "v0", shapes, {2, 3}, {2, 3}},  {"x", "nothing", shapes, {2, 3}, {2, 3}},
      {"x", "v0", {}, {2, 3}, {2, 3}},      {"x", "v0", shapes, {2, 4}, {2, 3}},
      {"x", "v0", shapes, {2, 3}, {2, -5}}, {"x", "v0", {{"x", {1, 2, 20, 20}}}, {2, 3}, {2, 3}}};
  for (const FieldRequest& request : wrong) {
    expect_refused(*session, request);
  }
}

// Numbers no network has neither overflow nor take long.
TEST(ReceptiveField, OfAbsurdNetworksIsUnknown) {
  constexpr int64_t kHuge = (int64_t{1} << 31) - 1;
  Network n({1, 1, 4, 4});
  string x = "x";
  for (int i = 0; i < 3; ++i) {
    x = n.node("Conv", {x, n.weights({1, 1, 1, 1})},
               {{"pads", Ints{kHuge, kHuge, kHuge, kHuge}}, {"strides", Ints{kHuge, kHuge}}});
    x = n.node(
        "ConvTranspose", {x, n.weights({1, 1, 2, 2})},
        {{"pads", Ints(4, kHuge)}, {"strides", Ints{kHuge, kHuge}}, {"dilations", Ints(2, 7)}});
  }
  const ReceptiveField field = field_of(n, x);
  EXPECT_EQ(field.kind, Kind::Unknown) << field.op_type;
}

}  // namespace
}  // namespace fovea::test
