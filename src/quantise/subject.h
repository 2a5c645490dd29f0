#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "quantise/host.h"
#include "quantise/layers.h"
#include "quantise/network.h"
#include "quantise/range.h"
#include "quantise/rewrite.h"
#include "quantise/task.h"

namespace fovea::quantise {

// A layer on its way to bytes.
struct Candidate {
  Layer layer;
  bool quantised = true;
  std::string reason;                       // why it is not
  std::optional<QuantisedWeights> weights;  // once they are fitted
  double noise = 0;                         // of what it gives, as a part of the signal
  double loss_db = 0;                       // by itself; NaN: not tried
  double squared = 0;                       // the mean square that it adds; 0: not tried
  int64_t macs = 0;
};

// A value that becomes bytes, and what was seen of it.
struct Observed {
  std::string_view name;
  std::vector<Reader> readers;  // besides layers
  // Whether it does so whatever becomes of the layers that read it.
  bool always = false;
  std::string_view like;  // the value whose elements it has, moved; empty: it has its own
  Histogram histogram;
  Method method = Method::MinMax;
  Range range;
};

// What is being quantised, and all that is known of it so far.
struct Subject {
  const Options& options;
  const Network& network;
  const std::vector<Sample>& samples;
  Host& host;
  std::vector<size_t> teaching, judging;  // samples

  std::vector<Candidate> layers;  // in the order of the nodes
  std::vector<Observed> values;

  // The values that its layers read and, with Placement::Everywhere, those of other operators.
  void find_values();
  Observed& observed(std::string_view name);
  const Observed& observed(std::string_view name) const;
  Parameters parameters(const Observed& value) const;

  // The file as it is to be: all layers that are to be quantised, and all other operators.
  std::string whole_file() const;
  // The file in which those of the layers are quantised that `is_in` says, and nothing else.
  template <class IsIn>
  std::string file(IsIn is_in) const;

 private:
  std::string write(const std::vector<const Candidate*>& quantised, bool whole) const;
  void add_values(const std::vector<const Candidate*>& quantised, bool whole, Rewriting& to) const;
};

template <class IsIn>
std::string Subject::file(IsIn is_in) const {
  std::vector<const Candidate*> quantised;
  for (const Candidate& layer : layers) {
    if (layer.quantised && layer.weights && is_in(layer)) quantised.push_back(&layer);
  }
  return write(quantised, false);
}

// ---- Steps, each of which asks the host ----

// Fills the histograms of all values. Throws Error(InvalidInput) for values that are not finite.
Task<bool> observe(Subject& subject);

// Fits the weights of the layers that are to be quantised, in order: each to what the layers before
// it give once they are quantised.
Task<bool> fit(Subject& subject);

}  // namespace fovea::quantise
