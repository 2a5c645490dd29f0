#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/integers.h"
#include "quantise/subject.h"

namespace fovea::quantise {
namespace {

// Layers are fitted by stages, each to what the stages before it give: one layer a stage in a
// network of up to this many, several in a longer one.
constexpr size_t kStages = 24;

// Sums for one layer at least, and for others of its stage, in bytes; and what is fetched with
// them.
constexpr size_t kAtOnce = size_t{64} << 20;

// Places that are looked at, as a multiple of the weights of an output, and at least and at most.
constexpr int64_t kPlacesByWeight = 16, kFewestPlaces = 4096, kMostPlaces = 16384;

// A layer and the sums that its weights follow from.
class Fitting {
 public:
  Fitting(const Subject& subject, Candidate& candidate);

  // `image` is what the layer reads in the model so far, `result` what it gives in the float model.
  void add(const Tensor& image, const Tensor& result, size_t samples);
  void finish();

 private:
  const Layer& layer() const { return candidate_.layer; }

  const Subject& subject_;
  Candidate& candidate_;
  Options options_;
  Weights weights_;
  Quantiser quantiser_;
  std::vector<Moments> groups_;
};

Fitting::Fitting(const Subject& subject, Candidate& candidate)
    : subject_(subject),
      candidate_(candidate),
      options_(subject.options),
      weights_(weights_of(subject.network, candidate.layer)),
      quantiser_(subject.parameters(subject.observed(layer().input)), subject.options.activations),
      groups_(static_cast<size_t>(layer().groups),
              Moments(layer().inputs(), layer().outputs() / layer().groups)) {
  // A MatMul has no bias that could be corrected.
  if (layer().op_type == "MatMul") options_.bias_correction = false;
}

void Fitting::add(const Tensor& image, const Tensor& result, size_t samples) {
  const Columns columns(subject_.network, layer(), image.shape(), result.shape());
  const int64_t inputs = layer().inputs(), outputs = layer().outputs() / layer().groups;
  candidate_.macs = columns.places() * layer().outputs() * inputs;
  const int64_t wanted = std::clamp(kPlacesByWeight * inputs, kFewestPlaces, kMostPlaces) /
                         static_cast<int64_t>(samples);
  const int64_t count = std::min(columns.places(), std::max<int64_t>(wanted, 1));
  for (size_t group = 0; group < groups_.size(); ++group) {
    Moments& moments = groups_[group];
    std::vector<float> x(static_cast<size_t>(count * moments.x_stride()));
    std::vector<float> y(static_cast<size_t>(count * outputs));
    for (int64_t i = 0; i < count; ++i) {
      // Spread evenly, in no step with rows: the fractional parts of multiples of the golden ratio.
      constexpr double kGolden = 0.6180339887498949;
      const double turns = static_cast<double>(i + 1) * kGolden, part = turns - std::floor(turns);
      const int64_t place =
          count == columns.places()
              ? i
              : static_cast<int64_t>(part * static_cast<double>(columns.places()));
      float* row = x.data() + i * moments.x_stride();
      columns.read(image.as<float>().data(), place, static_cast<int64_t>(group), row);
      for (int64_t j = 0; j < inputs; ++j) row[j] = quantiser_(row[j]);
      columns.results(result.as<float>().data(), place, static_cast<int64_t>(group),
                      y.data() + i * outputs);
    }
    if (!options_.bias_correction && !weights_.bias.empty()) {
      const float* bias = weights_.bias.data() + static_cast<int64_t>(group) * outputs;
      for (int64_t i = 0; i < count * outputs; ++i) y[static_cast<size_t>(i)] -= bias[i % outputs];
    }
    moments.add(count, x.data(), y.data());
  }
}

void Fitting::finish() {
  candidate_.weights = quantise(weights_, groups_, options_);
  candidate_.noise = noise_to_signal(*candidate_.weights, groups_);
}

size_t bytes_for(const Layer& layer) {
  const auto inputs = static_cast<size_t>(layer.inputs());
  return inputs * inputs * sizeof(double) * static_cast<size_t>(layer.groups);
}

std::vector<std::string> names(const std::vector<Candidate*>& stage,
                               std::string_view Layer::*value) {
  std::vector<std::string> out;
  for (const Candidate* candidate : stage) out.emplace_back(candidate->layer.*value);
  return out;
}

Task<bool> fit_stage(Subject& subject, const std::vector<Candidate*>& stage) {
  std::vector<Fitting> fittings;
  for (Candidate* candidate : stage) fittings.emplace_back(subject, *candidate);
  const std::vector<std::string> inputs = names(stage, &Layer::input);
  const std::vector<std::string> outputs = names(stage, &Layer::output);
  subject.host.use_model(subject.file([](const Candidate&) { return true; }));
  for (const size_t sample : subject.teaching) {
    subject.host.use_float_model(subject.network.bytes());
    const std::vector<Tensor> results = co_await subject.host.ask(sample, outputs);
    subject.host.use_last_model();
    const std::vector<Tensor> images = co_await subject.host.ask(sample, inputs);
    for (size_t i = 0; i < fittings.size(); ++i) {
      fittings[i].add(images[i], results[i], subject.teaching.size());
    }
  }
  for (Fitting& fitting : fittings) fitting.finish();
  co_return true;
}

}  // namespace

Task<bool> fit(Subject& subject) {
  std::vector<Candidate*> waiting;
  for (Candidate& candidate : subject.layers) {
    candidate.weights.reset();
    if (candidate.quantised) waiting.push_back(&candidate);
  }
  const size_t at_most = (waiting.size() + kStages - 1) / kStages;
  for (size_t first = 0; first < waiting.size();) {
    std::vector<Candidate*> stage;
    for (size_t bytes = 0; first < waiting.size() && stage.size() < at_most; ++first) {
      bytes += bytes_for(waiting[first]->layer);
      if (!stage.empty() && bytes > kAtOnce) break;
      stage.push_back(waiting[first]);
    }
    co_await fit_stage(subject, stage);
  }
  co_return true;
}

}  // namespace fovea::quantise
