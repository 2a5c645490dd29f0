#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "quantise/options.h"
#include "quantise/report.h"
#include "tensor/tensor.h"

namespace fovea::quantise {

// What a host is to compute: values of a model for the feeds of a sample.
struct Question {
  // Counts the models; 0 is the one to be quantised. Of the others only the last is asked about
  // again.
  int model = 0;
  // Of that model; lasts until it is answered.
  std::string_view bytes;
  size_t sample = 0;
  std::vector<std::string> fetches;
};

// What is known of a sample beside its feeds, which the host keeps.
struct Sample {
  bool held_out = false;        // judges results and teaches nothing
  std::optional<Tensor> truth;  // what output 0 would be if the network were perfect
};

struct Result {
  std::string model;  // an ONNX file
  Report report;
};

// Makes a quantised model of a float one. It computes no network: it asks, and the host answers.
//
// The loss is in dB of PSNR: what the difference between the quantised model's outputs and the
// float model's adds to the error of a good network, by pieces of the outputs: to 36 dB, as
// pictures have that are neither smooth nor hard, for most pieces, and to 30 dB, as hard ones have,
// for all together; the larger of both. Those are a network's that doubles the sides of pictures;
// for each further doubling they are 5 dB less, as published ones are. So the pictures at hand do
// not decide how much is seen of a loss. Where samples have a truth, PSNRs against it are told as
// well.
class Quantisation {
 public:
  // Throws Error(InvalidInput) for options out of range, names that are not there, no samples, and
  // models with nothing to quantise or that are quantised already; Error(MalformedModel).
  Quantisation(std::string model, Options options, std::vector<Sample> samples);
  ~Quantisation();

  // Null: it is done.
  const Question* question() const;
  // The fetched tensors in the order asked for. Throws Error(InvalidInput) for others, and where
  // values are not finite; then it has failed.
  void answer(std::vector<Tensor> values);

  // From 0 to 1.
  double progress() const;
  Result take_result();

 private:
  // The result, where it is there; throws what it failed by.
  void take();

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fovea::quantise
