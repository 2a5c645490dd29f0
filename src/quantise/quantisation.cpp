#include "quantise/quantisation.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "onnx/upgrade.h"
#include "quantise/decibels.h"
#include "quantise/equalise.h"
#include "quantise/host.h"
#include "quantise/judge.h"
#include "quantise/search.h"
#include "quantise/subject.h"
#include "quantise/task.h"

namespace fovea::quantise {
namespace {

constexpr int64_t kOpset = 13;  // the first that dequantises by channels

std::string of_opset(std::string model) {
  const Network network(std::move(model));
  if (network.opset() >= kOpset) return network.bytes();
  return onnx::upgrade_opset(std::as_bytes(std::span(network.bytes())), kOpset);
}

std::string equalised(std::string model, const Options& options) {
  if (!options.equalise) return model;
  return equalise(Network(std::move(model)));
}

void check(const Options& options, const std::vector<Sample>& samples) {
  if (options.activations != DType::Uint8 && options.activations != DType::Int8) {
    fail(ErrorCode::InvalidInput, "Activations are quantised to uint8 or int8, not to ",
         name_of(options.activations), ".");
  }
  if (!(options.budget_db >= 0)) {
    fail(ErrorCode::InvalidInput, "The budget is ", options.budget_db,
         " dB; it has to be a number from 0 on.");
  }
  if (samples.empty()) {
    fail(ErrorCode::InvalidInput,
         "There are no pictures or feeds to calibrate with; give at least one.");
  }
}

void check_not_quantised(const Network& network) {
  for (const onnx::Node& node : network.nodes()) {
    const bool quantised = node.op_type.starts_with("QLinear") ||
                           node.op_type.ends_with("Integer") || node.op_type == "QuantizeLinear" ||
                           node.op_type == "DequantizeLinear" ||
                           node.op_type == "DynamicQuantizeLinear";
    if (!quantised) continue;
    throw Error(ErrorCode::InvalidInput,
                text("The model is quantised already: node \"", name_of(node), "\" is a ",
                     node.op_type, ". Quantise the float model that it was made from."))
        .with("node", name_of(node))
        .with("op", std::string(node.op_type));
  }
}

// The first reasons why nothing can be quantised.
Error nothing_to_quantise(const std::vector<Skipped>& skipped) {
  constexpr size_t kTold = 3;
  std::string reasons;
  for (size_t i = 0; i < std::min(skipped.size(), kTold); ++i) {
    reasons += text(i == 0 ? " " : "; ", "\"", skipped[i].name, "\": ", skipped[i].reason);
  }
  return Error(ErrorCode::InvalidInput,
               text("The model has nothing to quantise: no Conv of two axes, Gemm or MatMul with"
                    " constant float32 weights.",
                    reasons, reasons.empty() ? "" : "."));
}

}  // namespace

struct Quantisation::State {
  State(std::string model, Options options_, std::vector<Sample> samples_)
      : options(std::move(options_)),
        samples(std::move(samples_)),
        bytes_before(model.size()),
        network(equalised(of_opset(std::move(model)), options)),
        subject{options, network, samples, host, {}, {}, {}, {}},
        judge(subject),
        task(run()) {}

  void prepare();
  void keep_named();
  Task<Result> run();
  Report report(const Loss& loss, const std::string& file) const;
  LayerReport report(const Candidate& candidate) const;

  Options options;
  std::vector<Sample> samples;
  uint64_t bytes_before;
  Network network;
  std::vector<Skipped> skipped;
  Host host;
  Subject subject;
  Judge judge;
  double progress = 0;
  Task<Result> task;
  std::optional<Result> result;
};

void Quantisation::State::prepare() {
  check(options, samples);
  check_not_quantised(network);
  Layers found = find_layers(network, options);
  if (found.layers.empty()) throw nothing_to_quantise(found.skipped);
  skipped = std::move(found.skipped);
  for (Layer& layer : found.layers) {
    weights_of(network, layer);
    subject.layers.emplace_back().layer = std::move(layer);
  }
  subject.find_values();
  keep_named();
  for (size_t i = 0; i < samples.size(); ++i) {
    (samples[i].held_out ? subject.judging : subject.teaching).push_back(i);
  }
  // A single sample has to do for both.
  if (subject.judging.empty()) subject.judging = subject.teaching;
  if (subject.teaching.empty()) subject.teaching = subject.judging;
}

void Quantisation::State::keep_named() {
  if (!options.keep_float) return;
  for (const std::string& name : *options.keep_float) {
    const auto found = std::ranges::find_if(
        subject.layers, [&](const Candidate& candidate) { return candidate.layer.name == name; });
    if (found != subject.layers.end()) {
      found->quantised = false;
      found->reason = "it was asked for";
    } else if (std::ranges::find(skipped, name, &Skipped::name) == skipped.end()) {
      throw Error(
          ErrorCode::InvalidInput,
          text("\"", name, "\" is to stay float, but no Conv, Gemm or MatMul is called so."))
          .with("node", name);
    }
  }
}

Task<Result> Quantisation::State::run() {
  co_await judge.prepare();
  progress = 0.05;
  co_await observe(subject);
  choose_ranges(subject);
  progress = 0.15;
  co_await fit(subject);
  progress = 0.4;
  co_await try_layers(subject, judge);
  progress = 0.55;
  co_await improve_ranges(subject, judge);
  progress = 0.75;
  const Loss loss = co_await hold_budget(subject, judge);
  progress = 1;
  std::string file = subject.whole_file();
  Report told = report(loss, file);
  co_return Result{std::move(file), std::move(told)};
}

Report Quantisation::State::report(const Loss& loss, const std::string& file) const {
  Report out;
  out.loss_db = loss.db;
  out.psnr = -decibels(std::max(loss.squared, 1e-30));
  out.psnr_before = judge.float_psnr();
  out.psnr_after = loss.psnr;
  out.bytes_before = bytes_before;
  out.bytes_after = file.size();
  // Both in the order of the nodes.
  auto passed = skipped.begin();
  const auto tell_skipped = [&](size_t before) {
    for (; passed != skipped.end() && passed->node < before; ++passed) {
      LayerReport& told = out.layers.emplace_back();
      told.node = passed->name;
      told.op_type = passed->op_type;
      told.reason = passed->reason;
    }
  };
  for (const Candidate& candidate : subject.layers) {
    tell_skipped(candidate.layer.node);
    out.layers.push_back(report(candidate));
  }
  tell_skipped(network.nodes().size());
  return out;
}

LayerReport Quantisation::State::report(const Candidate& candidate) const {
  const Layer& layer = candidate.layer;
  LayerReport out;
  out.node = layer.name;
  out.op_type = layer.op_type;
  out.input = layer.input;
  out.quantised = candidate.quantised;
  out.reason = candidate.reason;
  const Observed& value = subject.observed(layer.input);
  out.method = value.method;
  out.seen = value.histogram.seen();
  out.chosen = value.range;
  out.parameters = subject.parameters(value);
  out.histogram_range = value.histogram.bins();
  out.histogram.assign(value.histogram.counts().begin(), value.histogram.counts().end());
  out.loss_db = candidate.loss_db;
  out.macs = candidate.macs;
  const Weights weights = weights_of(network, layer);
  out.bytes_before = (weights.values.size() + weights.bias.size()) * sizeof(float);
  out.bytes_after = out.bytes_before;
  if (candidate.quantised && candidate.weights) {
    out.weights_snr = signal_to_noise(weights, *candidate.weights);
    out.bytes_after =
        candidate.weights->values.size() +
        (candidate.weights->scales.size() + candidate.weights->bias.size()) * sizeof(float);
  }
  return out;
}

Quantisation::Quantisation(std::string model, Options options, std::vector<Sample> samples)
    : state_(std::make_unique<State>(std::move(model), std::move(options), std::move(samples))) {
  state_->prepare();
  state_->task.start();
  take();
}

Quantisation::~Quantisation() = default;

const Question* Quantisation::question() const {
  return state_->host.is_waiting() ? &state_->host.question() : nullptr;
}

void Quantisation::answer(std::vector<Tensor> values) {
  if (!state_->host.is_waiting()) {
    fail(ErrorCode::InvalidInput, "There is no question to be answered.");
  }
  const size_t expected = state_->host.question().fetches.size();
  if (values.size() != expected) {
    fail(ErrorCode::InvalidInput, "The question asks for ", expected, " values, not for ",
         values.size(), ".");
  }
  state_->host.answer(std::move(values));
  take();
}

void Quantisation::take() {
  if (state_->task.done()) state_->result = state_->task.take();
}

double Quantisation::progress() const { return state_->progress; }

Result Quantisation::take_result() { return std::move(*state_->result); }

}  // namespace fovea::quantise
