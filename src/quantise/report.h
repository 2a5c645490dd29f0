#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quantise/options.h"
#include "quantise/range.h"

namespace fovea::quantise {

// What became of one layer: a Conv, a Gemm or a MatMul.
struct LayerReport {
  std::string node;
  std::string op_type;
  std::string input;  // the value whose range is told
  bool quantised = false;
  std::string reason;  // why it stays float; empty where it does not

  // Of what it reads; all zero where that was not looked at.
  Method method = Method::MinMax;
  Range seen, chosen;
  Parameters parameters;
  Range histogram_range;            // what the first bin begins with and the last ends with
  std::vector<uint64_t> histogram;  // counts, in bins of equal width

  double loss_db = 0;      // of PSNR, where this layer alone is quantised; NaN: not tried
  double weights_snr = 0;  // in dB: the weights to what bytes change in them
  int64_t macs = 0;        // of one sample of the first
  uint64_t bytes_before = 0, bytes_after = 0;  // of its weights and biases
};

struct Report {
  double loss_db = 0;  // of PSNR, on the samples held out, see Quantisation
  double psnr = 0;     // of the quantised model's outputs against the float model's, in dB
  // Against the truth, where samples held out have one, in dB; else NaN.
  double psnr_before = 0, psnr_after = 0;
  uint64_t bytes_before = 0, bytes_after = 0;  // of the files
  std::vector<LayerReport> layers;             // in the order of the nodes
};

}  // namespace fovea::quantise
