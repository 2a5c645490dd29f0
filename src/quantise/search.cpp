#include "quantise/search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/decimal.h"
#include "base/error.h"
#include "base/order.h"

namespace fovea::quantise {
namespace {

constexpr size_t kTried = 32;         // layers, by themselves
constexpr size_t kOtherRanges = 6;    // values for which other ranges are tried
constexpr double kWorthwhile = 0.95;  // of the loss: what less gains is noise

// Those that are quantised, the largest of what `by` says first.
template <class By>
std::vector<Candidate*> layers_by(Subject& subject, By by) {
  std::vector<Candidate*> layers, sorted;
  for (Candidate& layer : subject.layers) {
    if (layer.quantised) layers.push_back(&layer);
  }
  for (const int64_t place : order_of(layers.size(), [&](int64_t a, int64_t b) {
         return by(*layers[static_cast<size_t>(a)]) > by(*layers[static_cast<size_t>(b)]);
       })) {
    sorted.push_back(layers[static_cast<size_t>(place)]);
  }
  return sorted;
}

// What of a loss goes where a layer stays float, for each multiplication that takes longer then.
double gain(const Candidate& layer) {
  // Where it was not tried, noise tells the order: such layers come after those that were.
  const double lost = std::isnan(layer.loss_db) ? 1e-6 * layer.noise : layer.loss_db;
  return lost / static_cast<double>(std::max<int64_t>(layer.macs, 1));
}

}  // namespace

void choose_ranges(Subject& subject) {
  for (Observed& value : subject.values) {
    value.method = subject.options.method == Method::Auto ? Method::MinMax : subject.options.method;
    if (value.like.empty()) value.range = choose_range(value.histogram, value.method);
  }
}

Task<bool> try_layers(Subject& subject, Judge& judge) {
  auto layers = layers_by(subject, [](const Candidate& layer) { return layer.noise; });
  for (Candidate* layer : layers) layer->loss_db = std::numeric_limits<double>::quiet_NaN();
  layers.resize(std::min(layers.size(), kTried));
  for (Candidate* layer : layers) {
    const Loss loss = co_await judge.loss_of(
        subject.file([layer](const Candidate& other) { return &other == layer; }));
    layer->loss_db = loss.db;
    layer->squared = loss.squared;
  }
  co_return true;
}

Task<bool> improve_ranges(Subject& subject, Judge& judge) {
  if (subject.options.method != Method::Auto) co_return true;
  auto layers = layers_by(subject, [](const Candidate& layer) { return layer.squared; });
  layers.resize(std::min(layers.size(), kOtherRanges));
  bool changed = false;
  for (Candidate* layer : layers) {
    Observed& value = subject.observed(layer->layer.input);
    if (!value.like.empty()) continue;
    if (value.method != Method::MinMax) continue;  // a layer before this one reads it, too
    const Range widest = value.range;
    // Not by the loss, which does not see the few pixels that a narrow range cuts.
    double least = kWorthwhile * layer->squared;
    Method best = Method::MinMax;
    for (const Method method : {Method::Percentile, Method::Mse, Method::Entropy}) {
      value.range = choose_range(value.histogram, method);
      if (value.range == widest) continue;
      const Loss loss = co_await judge.loss_of(
          subject.file([layer](const Candidate& other) { return &other == layer; }));
      if (loss.squared < least) {
        least = loss.squared;
        best = method;
      }
    }
    value.method = best;
    value.range = choose_range(value.histogram, best);
    changed = changed || best != Method::MinMax;
  }
  if (changed) co_await fit(subject);
  co_return true;
}

Task<Loss> hold_budget(Subject& subject, Judge& judge) {
  const double budget = subject.options.budget_db;
  Loss loss = co_await judge.loss_of(subject.whole_file());
  while (!subject.options.keep_float && !(loss.db <= budget)) {
    const auto layers = layers_by(subject, gain);
    if (layers.empty()) break;
    // As many at once as would do if each had the part in the loss that it has in their sum.
    double sum = 0;
    for (const Candidate* layer : layers) sum += std::isnan(layer->loss_db) ? 0 : layer->loss_db;
    const double part = sum > 0 ? loss.db / sum : 1;
    double left = loss.db;
    for (Candidate* layer : layers) {
      layer->quantised = false;
      const bool tried = !std::isnan(layer->loss_db);
      layer->reason = tried ? text("by itself it loses ", decimal_text(layer->loss_db, true), " dB")
                            : "the budget does not hold with it";
      left -= tried ? part * layer->loss_db : 0;
      if (left <= budget) break;
    }
    co_await fit(subject);
    loss = co_await judge.loss_of(subject.whole_file());
  }
  co_return loss;
}

}  // namespace fovea::quantise
