#pragma once

#include <string>
#include <vector>

#include "quantise/subject.h"

namespace fovea::quantise {

// What a quantised model loses.
struct Loss {
  double db = 0;       // of PSNR
  double squared = 0;  // the mean square of the differences, as a part of the square of the peak
  double psnr = 0;     // against the truth, in dB; NaN: there is none
};

// The mean square of the differences of tensors, as a part of the square of the peak.
struct Difference {
  double mean = 0;
  double typical = 0;  // the geometric mean of those of pieces: what most of a picture shows
};

// Compares models' outputs with the float model's, on the samples that are held out.
class Judge {
 public:
  explicit Judge(Subject& subject) : subject_(subject) {}

  // Has the float model compute what others are compared with. Throws Error(InvalidInput) where it
  // has no output of floats, or a truth is of another shape.
  Task<bool> prepare();
  Task<Loss> loss_of(std::string file);

  // The float model's PSNR against the truth, in dB; NaN: there is none.
  double float_psnr() const;

 private:
  struct Reference {
    size_t sample;
    std::vector<Tensor> outputs;
  };

  void take_peaks();
  // The mean of both kinds over outputs of floats.
  Difference difference(const Reference& reference, const std::vector<Tensor>& outputs) const;
  const std::optional<Tensor>& truth_of(const Reference& reference) const {
    return subject_.samples[reference.sample].truth;
  }

  Subject& subject_;
  std::vector<std::string> outputs_;
  std::vector<double> peaks_;  // of each output
  std::vector<Reference> references_;
};

}  // namespace fovea::quantise
