#pragma once

#include <string>
#include <vector>

#include "quantise/subject.h"

namespace fovea::quantise {

// What a quantised model loses.
struct Loss {
  double db = 0;       // of PSNR
  double squared = 0;  // the mean square of the differences, as a part of the square of the peak
};

// Compares models' outputs with the float model's, on the samples that are held out.
class Judge {
 public:
  explicit Judge(Subject& subject) : subject_(subject) {}

  // Has the float model compute what others are compared with. Throws Error(InvalidInput) where it has no
  // output of floats, or a truth is of another shape.
  Task<bool> prepare();
  Task<Loss> loss_of(std::string file);

  bool has_truth() const { return has_truth_; }
  // Of the float model's own error, in dB.
  double float_psnr() const;

 private:
  struct Reference {
    size_t sample;
    std::vector<Tensor> outputs;
    double error;  // the mean square, as a part of the square of the peak
  };

  void take_peaks();
  double difference(const Tensor& a, const Tensor& b, double peak) const;

  Subject& subject_;
  std::vector<std::string> outputs_;
  std::vector<double> peaks_;  // of each output
  std::vector<Reference> references_;
  bool has_truth_ = false;
};

}  // namespace fovea::quantise
