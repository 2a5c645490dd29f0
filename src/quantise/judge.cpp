#include "quantise/judge.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace fovea::quantise {
namespace {

// A PSNR of 40 dB, where nothing tells how far a network is from the truth.
constexpr double kUsualError = 1e-4;

void check_finite(const Tensor& tensor, std::string_view name) {
  if (std::ranges::all_of(tensor.as<float>(), [](float x) { return std::isfinite(x); })) return;
  throw Error(ErrorCode::InvalidInput,
              text("The float model's output \"", name,
                   "\" is not finite for a sample; there is nothing to compare with."))
      .with("value", std::string(name));
}

}  // namespace

Task<bool> Judge::prepare() {
  for (const onnx::ValueInfo& output : subject_.network.model().graph.outputs) {
    outputs_.emplace_back(output.name);
  }
  subject_.host.use_float_model(subject_.network.bytes());
  for (const size_t sample : subject_.judging) {
    Reference reference{sample, co_await subject_.host.ask(sample, outputs_), kUsualError};
    references_.push_back(std::move(reference));
  }
  take_peaks();
  for (Reference& reference : references_) {
    const std::optional<Tensor>& truth = subject_.samples[reference.sample].truth;
    if (!truth) continue;
    const Tensor& output = reference.outputs.front();
    if (truth->dtype() != DType::Float || truth->shape() != output.shape()) {
      fail(ErrorCode::InvalidInput, "The truth of sample ", reference.sample, " is ",
           truth->shape(), "; the model gives ", output.shape(), ".");
    }
    has_truth_ = true;
    // As good as 60 dB no network is; less would make any loss look large.
    reference.error = std::max(difference(*truth, output, peaks_[0]), 1e-6);
  }
  co_return true;
}

// Of outputs that are floats; others count for nothing.
void Judge::take_peaks() {
  bool floats = false;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    float low = 0, high = 0;
    for (const Reference& reference : references_) {
      const Tensor& output = reference.outputs[i];
      if (output.dtype() != DType::Float) continue;
      floats = true;
      check_finite(output, outputs_[i]);
      for (const float x : output.as<float>()) {
        low = std::min(low, x);
        high = std::max(high, x);
      }
    }
    peaks_.push_back(high > low ? high - low : 1);
  }
  if (!floats) {
    fail(ErrorCode::InvalidInput,
         "The model has no output of type float32, by which a quantised one could be judged.");
  }
}

double Judge::difference(const Tensor& a, const Tensor& b, double peak) const {
  double sum = 0;
  const auto x = a.as<float>(), y = b.as<float>();
  for (size_t i = 0; i < x.size(); ++i) {
    const double by = (x[i] - y[i]) / peak;
    sum += by * by;
  }
  return x.empty() ? 0 : sum / static_cast<double>(x.size());
}

Task<Loss> Judge::loss_of(std::string file) {
  subject_.host.use_model(std::move(file));
  Loss loss;
  for (const Reference& reference : references_) {
    const std::vector<Tensor> outputs = co_await subject_.host.ask(reference.sample, outputs_);
    double squared = 0;
    int counted = 0;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].dtype() != DType::Float) continue;
      squared += difference(outputs[i], reference.outputs[i], peaks_[i]);
      ++counted;
    }
    squared /= counted;
    loss.squared += squared;
    loss.db += 10 * std::log10(1 + squared / reference.error);
  }
  const auto count = static_cast<double>(references_.size());
  loss.squared /= count;
  loss.db /= count;
  co_return loss;
}

double Judge::float_psnr() const {
  double error = 0;
  for (const Reference& reference : references_) error += reference.error;
  return -10 * std::log10(error / static_cast<double>(references_.size()));
}

}  // namespace fovea::quantise
