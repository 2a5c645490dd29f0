#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "onnx/model.h"
#include "quantise/quantisation.h"
#include "support/model_builder.h"
#include "support/random.h"
#include "support/session_runner.h"

namespace fovea::quantise {

inline Tensor random_tensor(Shape shape, uint32_t seed, float low = -1, float high = 1) {
  return Tensor::of<float>(shape, test::random_floats(shape.elements(), seed, low, high));
}

// Images of "x" whose neighbours are alike.
inline Tensor smooth_image(Shape shape, uint32_t seed) {
  Tensor image = random_tensor(std::move(shape), seed, 0, 1);
  float before = 0.5f;
  for (float& x : image.mutable_as<float>()) before = x = 0.7f * before + 0.3f * x;
  return image;
}

// Answers all questions by the engine.
inline Result quantised(const std::string& model, const Options& options,
                        const std::vector<Tensor>& images, std::vector<Sample> samples = {}) {
  samples.resize(images.size());
  Quantisation quantisation(model, options, std::move(samples));
  const auto original = test::load(model);
  std::unique_ptr<Session> candidate;
  int number = 0;
  double progress = 0;
  while (const Question* question = quantisation.question()) {
    if (question->model != 0 && question->model != number) {
      candidate = test::load(std::string(question->bytes));
      number = question->model;
    }
    Session& session = question->model == 0 ? *original : *candidate;
    quantisation.answer(session.run({{"x", images[question->sample]}}, question->fetches));
    EXPECT_GE(quantisation.progress(), progress);
    progress = quantisation.progress();
  }
  EXPECT_EQ(quantisation.progress(), 1);
  return quantisation.take_result();
}

// How often nodes of an operator are in a file.
inline int count(const std::string& model, std::string_view op_type) {
  const onnx::Model decoded = onnx::decode(std::as_bytes(std::span(model)));
  return static_cast<int>(std::ranges::count(decoded.graph.nodes, op_type, &onnx::Node::op_type));
}

}  // namespace fovea::quantise
