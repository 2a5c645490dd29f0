#include "quantise/judge.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"
#include "quantise/decibels.h"

namespace fovea::quantise {
namespace {

// Of 36 and of 30 dB, as parts of the square of the peak, where sides are doubled.
constexpr double kUsualError = 2.5118864315095801e-4;
constexpr double kLargeError = 1e-3;

// How many times as large a good network's error is where sides become `enlargement` times as long:
// by 5 dB for each doubling. From x2 to x4, FSRCNN and EDSR lose 5 to 6.3 on Set5 and Set14.
double error_growth(double enlargement) {
  constexpr double kPerDoubling = 0.5;  // of a power of ten
  const double doublings = natural_logarithm(std::clamp(enlargement, 2.0, 8.0) / 2);
  return exponential(doublings * std::numbers::log2e * kPerDoubling * std::numbers::ln10);
}

// The mean of PSNRs against truths, as far as there are any.
class MeanPsnr {
 public:
  void add(double squared) {
    sum_ -= decibels(std::max(squared, 1e-30));
    ++count_;
  }
  double value() const {
    return count_ > 0 ? sum_ / count_ : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  double sum_ = 0;
  int count_ = 0;
};

// Elements that are neighbours, of which a piece is made.
constexpr size_t kPiece = 64;

Difference differences(const Tensor& a, const Tensor& b, double peak) {
  // What is closer does not count for less: no byte shows it.
  constexpr double kNothing = 1e-8;  // of the square of the peak
  const auto x = a.as<float>(), y = b.as<float>();
  if (x.empty()) return {};
  double sum = 0, logarithms = 0;
  for (size_t first = 0; first < x.size(); first += kPiece) {
    const size_t last = std::min(first + kPiece, x.size());
    double piece = 0;
    for (size_t i = first; i < last; ++i) {
      const double by = (x[i] - y[i]) / peak;
      piece += by * by;
    }
    sum += piece;
    const auto elements = static_cast<double>(last - first);
    logarithms += elements * natural_logarithm(std::max(piece / elements, kNothing));
  }
  if (sum == 0) return {};
  const auto count = static_cast<double>(x.size());
  return {sum / count, std::max(exponential(logarithms / count) - kNothing, 0.0)};
}

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
    std::vector<Tensor> outputs = co_await subject_.host.ask(sample, outputs_);
    references_.push_back({sample, std::move(outputs)});
  }
  take_peaks();
  for (const Reference& reference : references_) {
    const std::optional<Tensor>& truth = truth_of(reference);
    const Tensor& output = reference.outputs.front();
    if (truth && (truth->dtype() != DType::Float || truth->shape() != output.shape())) {
      fail(ErrorCode::InvalidInput, "The truth of sample ", reference.sample, " is ",
           truth->shape(), "; the model gives ", output.shape(), ".");
    }
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
    const double range = high > low ? high - low : 1;
    peaks_.push_back(subject_.options.peak > 0 ? subject_.options.peak : range);
  }
  if (!floats) {
    fail(ErrorCode::InvalidInput,
         "The model has no output of type float32, by which a quantised one could be judged.");
  }
}

Difference Judge::difference(const Reference& reference, const std::vector<Tensor>& outputs) const {
  Difference sum;
  int counted = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].dtype() != DType::Float) continue;
    const Difference one = differences(outputs[i], reference.outputs[i], peaks_[i]);
    sum.mean += one.mean;
    sum.typical += one.typical;
    ++counted;
  }
  return {sum.mean / counted, sum.typical / counted};
}

Task<Loss> Judge::loss_of(std::string file) {
  subject_.host.use_model(std::move(file));
  const double growth = error_growth(subject_.options.enlargement);
  Loss loss;
  MeanPsnr psnr;
  for (const Reference& reference : references_) {
    const std::vector<Tensor> outputs = co_await subject_.host.ask(reference.sample, outputs_);
    const Difference by = difference(reference, outputs);
    loss.squared += by.mean;
    loss.db +=
        decibels_above_one(std::max(by.typical / kUsualError, by.mean / kLargeError) / growth);
    if (const auto& truth = truth_of(reference)) {
      psnr.add(differences(*truth, outputs[0], peaks_[0]).mean);
    }
  }
  const auto count = static_cast<double>(references_.size());
  loss.squared /= count;
  loss.db /= count;
  loss.psnr = psnr.value();
  co_return loss;
}

double Judge::float_psnr() const {
  MeanPsnr psnr;
  for (const Reference& reference : references_) {
    if (const auto& truth = truth_of(reference)) {
      psnr.add(differences(*truth, reference.outputs[0], peaks_[0]).mean);
    }
  }
  return psnr.value();
}

}  // namespace fovea::quantise
