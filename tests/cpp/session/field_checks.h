#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "base/integers.h"
#include "support/model_builder.h"
#include "support/nd.h"
#include "support/random.h"
#include "support/session_runner.h"

// How far networks see, found by computing: what becomes of an output when a row of the picture
// does.

namespace fovea::test {

using Ints = std::vector<int64_t>;

// A network being built of doubles, which kernels sum one by one: so what does not depend on a
// pixel stays the same to the last bit. All weights are above 0, so that nothing cancels.
class Network {
 public:
  // The picture is "x".
  explicit Network(Shape picture, int opset = 18) : picture_(std::move(picture)), model_(opset) {
    std::vector<ModelBuilder::Size> sizes(picture_.begin(), picture_.end());
    model_.input("x", DType::Double, std::move(sizes));
  }

  // One with the names of nodes after their outputs "v0", "v1", ...
  std::string node(const std::string& op_type, std::vector<std::string> inputs,
                   std::vector<ModelBuilder::Attribute> attributes = {},
                   const std::string& domain = "") {
    return nodes(op_type, std::move(inputs), 1, std::move(attributes), domain)[0];
  }
  std::vector<std::string> nodes(const std::string& op_type, std::vector<std::string> inputs,
                                 int outputs, std::vector<ModelBuilder::Attribute> attributes = {},
                                 const std::string& domain = "") {
    std::vector<std::string> names;
    for (int i = 0; i < outputs; ++i) names.push_back(text("v", values_++));
    model_.node(op_type, std::move(inputs), names, std::move(attributes), domain);
    return names;
  }
  std::string ints(const Ints& values) {
    return constant(Tensor::of<int64_t>({std::ssize(values)}, std::span(values)));
  }
  std::string floats(const std::vector<float>& values) {
    return constant(Tensor::of<float>({std::ssize(values)}, std::span(values)));
  }
  // Between 0.2 and 1.
  std::string weights(Shape shape) {
    return constant(doubles(std::move(shape), static_cast<uint32_t>(constants_), 0.2f));
  }
  std::string constant(const Tensor& tensor) {
    const std::string name = text("c", constants_++);
    model_.constant(name, tensor);
    return name;
  }
  std::string conv(const std::string& x, int64_t in, int64_t out, int64_t kernel, int64_t pad,
                   int64_t stride = 1, int64_t dilation = 1) {
    return node("Conv", {x, weights({out, in, kernel, kernel})},
                {{"pads", Ints(4, pad)},
                 {"strides", Ints{stride, stride}},
                 {"dilations", Ints{dilation, dilation}}});
  }
  std::string deconv(const std::string& x, int64_t in, int64_t out, int64_t kernel, int64_t stride,
                     int64_t pad, int64_t dilation = 1, int64_t output_padding = 0) {
    return node("ConvTranspose", {x, weights({in, out, kernel, kernel})},
                {{"pads", Ints(4, pad)},
                 {"strides", Ints{stride, stride}},
                 {"dilations", Ints{dilation, dilation}},
                 {"output_padding", Ints{output_padding, output_padding}}});
  }

  ModelBuilder& model() { return model_; }
  const Shape& picture() const { return picture_; }

  std::unique_ptr<Session> session(const std::string& output, SessionOptions options = {}) const {
    ModelBuilder model = model_;
    options.disabled_passes = {"*"};
    return load(model.output(output, DType::Double).bytes(), std::move(options));
  }
  static Tensor doubles(Shape shape, uint32_t seed, float low) {
    const std::vector<float> values = random_floats(shape.elements(), seed, low, 1);
    const std::vector<double> wide(values.begin(), values.end());
    return Tensor::of<double>(std::move(shape), std::span(wide));
  }

 private:
  Shape picture_;
  ModelBuilder model_;
  int values_ = 0, constants_ = 0;
};

// Pixels of the input for each of the output.
struct Rate {
  int64_t num = 1;
  int64_t den = 1;
};

struct Axes {
  PictureAxes input = {2, 3};
  PictureAxes output = {2, 3};
};

inline ReceptiveField field_of(const Network& network, const std::string& output,
                               const Axes& axes = {}) {
  return network.session(output)->receptive_field(
      {"x", output, {{"x", network.picture()}}, axes.input, axes.output});
}

// Calls visit(index, element) for the element's position along `axis`.
template <class Visit>
void for_each_along(const Tensor& tensor, int axis, const Visit& visit) {
  const Shape& shape = tensor.shape();
  const int64_t inner = shape.elements(axis + 1, shape.rank());
  const auto elements = tensor.as<double>();
  for (size_t i = 0; i < elements.size(); ++i) {
    visit(static_cast<int64_t>(i) / inner % shape[axis], i);
  }
}

// The same by runs in which a row of the picture is infinite, of the middle of the output.
inline Margins margins_by_runs(const Network& network, const std::string& output, int in_axis,
                               int out_axis, Rate rate) {
  const auto session = network.session(output);
  const Tensor picture = Network::doubles(network.picture(), 99, 0);
  const Tensor before = session->run({{"x", picture}})[0];
  const int64_t size = before.shape()[out_axis];
  std::vector<Span> seen(static_cast<size_t>(size), {0, -1});
  for (int64_t row = 0; row < picture.shape()[in_axis]; ++row) {
    Tensor changed = copy_of(picture);
    auto pixels = changed.mutable_as<double>();
    for_each_along(picture, in_axis, [&](int64_t at, size_t i) {
      if (at == row) pixels[i] = std::numeric_limits<double>::infinity();
    });
    const Tensor after = session->run({{"x", changed}})[0];
    for_each_along(after, out_axis, [&](int64_t at, size_t i) {
      if (after.as<double>()[i] == before.as<double>()[i]) return;
      Span& span = seen[static_cast<size_t>(at)];
      if (span.last < span.first) span.first = row;
      span.last = row;
    });
  }
  constexpr int64_t kNothing = -1000000;
  Margins margins = {kNothing, kNothing};
  for (int64_t at = size / 3; at < size - size / 3; ++at) {
    const Span& span = seen[static_cast<size_t>(at)];
    if (span.last < span.first) continue;
    const int64_t begin = floor_div(at * rate.num, rate.den);
    const int64_t end = -floor_div(-(at + 1) * rate.num, rate.den);
    margins.before = std::max(margins.before, begin - span.first);
    margins.after = std::max(margins.after, span.last + 1 - end);
  }
  return margins.before == kNothing ? Margins{} : margins;
}

// That the rules say what runs show.
inline void check_field(const Network& network, const std::string& output, const Axes& axes = {},
                        Rate rate = {}) {
  const ReceptiveField field = field_of(network, output, axes);
  ASSERT_EQ(field.kind, ReceptiveField::Kind::Local) << field.node << " " << field.op_type;
  for (size_t i = 0; i < 2; ++i) {
    const Margins said = field.margins[i];
    const Margins seen = margins_by_runs(network, output, axes.input[i], axes.output[i], rate);
    EXPECT_EQ(said.before, seen.before) << "axis " << i;
    EXPECT_EQ(said.after, seen.after) << "axis " << i;
  }
}

inline void expect_not_local(const ReceptiveField& field, ReceptiveField::Kind kind,
                             const std::string& node, const std::string& op_type) {
  EXPECT_EQ(static_cast<int>(field.kind), static_cast<int>(kind));
  EXPECT_EQ(field.op_type, op_type);
  EXPECT_EQ(field.node, node);
}

}  // namespace fovea::test
