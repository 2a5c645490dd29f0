#include "quantise/subject.h"

#include <algorithm>

#include "quantise/everywhere.h"

namespace fovea::quantise {
namespace {

bool is_layer(const std::vector<Candidate>& layers, size_t node) {
  return std::ranges::any_of(
      layers, [&](const Candidate& candidate) { return candidate.layer.node == node; });
}

}  // namespace

void Subject::find_values() {
  if (options.placement == Placement::Everywhere) {
    std::vector<Layer> all;
    for (const Candidate& candidate : layers) all.push_back(candidate.layer);
    for (ByteValue& found : find_byte_values(network, all)) {
      Observed& value = values.emplace_back();
      value.name = found.name;
      value.like = found.like;
      value.readers = std::move(found.readers);
      std::erase_if(value.readers,
                    [&](const Reader& reader) { return is_layer(layers, reader.node); });
      // What only layers read follows them.
      const auto maker = network.producer(value.name);
      value.always = !value.readers.empty() || (maker && !is_layer(layers, *maker)) ||
                     network.is_graph_output(value.name);
    }
  }
  for (const Candidate& candidate : layers) {
    const std::string_view input = candidate.layer.input;
    if (std::ranges::find(values, input, &Observed::name) == values.end()) {
      values.emplace_back().name = input;
    }
  }
}

Observed& Subject::observed(std::string_view name) {
  return *std::ranges::find(values, name, &Observed::name);
}

const Observed& Subject::observed(std::string_view name) const {
  return *std::ranges::find(values, name, &Observed::name);
}

Parameters Subject::parameters(const Observed& value) const {
  if (!value.like.empty()) return parameters(observed(value.like));
  return parameters_of(value.range, options.activations);
}

std::string Subject::whole_file() const {
  std::vector<const Candidate*> quantised;
  for (const Candidate& layer : layers) {
    if (layer.quantised && layer.weights) quantised.push_back(&layer);
  }
  return write(quantised, true);
}

void Subject::add_values(const std::vector<const Candidate*>& quantised, bool whole,
                         Rewriting& to) const {
  for (const Observed& value : values) {
    QuantisedValue written{value.name, parameters(value), {}};
    for (const Candidate* candidate : quantised) {
      if (candidate->layer.input == value.name)
        written.readers.push_back({candidate->layer.node, 0});
    }
    const bool others = whole && value.always;
    if (others) {
      written.readers.insert(written.readers.end(), value.readers.begin(), value.readers.end());
    }
    if (others || !written.readers.empty()) to.values.push_back(std::move(written));
  }
}

std::string Subject::write(const std::vector<const Candidate*>& quantised, bool whole) const {
  Rewriting what;
  for (const Candidate* candidate : quantised) {
    what.layers.push_back({&candidate->layer, &*candidate->weights});
  }
  add_values(quantised, whole, what);
  if (options.float16) {
    for (const Candidate& candidate : layers) {
      if (std::ranges::find(quantised, &candidate) == quantised.end()) {
        what.halves.push_back(&candidate.layer);
      }
    }
  }
  return rewrite(network, what, options);
}

}  // namespace fovea::quantise
