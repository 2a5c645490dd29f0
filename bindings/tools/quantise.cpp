// What JavaScript sees of the quantiser. Its types are declared in web/src/tools/module.ts.

#include "quantise/quantisation.h"

#include <emscripten/bind.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <string_view>

#include "buffer.h"
#include "guard.h"
#include "handle.h"
#include "text.h"
#include "values.h"

namespace fovea::bindings {
namespace {

using emscripten::function;
using emscripten::val;
using quantise::Quantisation;

constexpr std::array<std::string_view, 5> kMethods = {"auto", "minmax", "percentile", "mse",
                                                      "entropy"};

// {method, activations, perChannel, rounding, biasCorrection, equalise, placement, keepFloat,
// budgetDb, float16}
quantise::Options to_quantise_options(const val& object) {
  const auto is = [&](const char* key, std::string_view word) {
    return object[key].as<std::string>() == word;
  };
  quantise::Options options;
  const auto method = std::ranges::find(kMethods, object["method"].as<std::string>());
  if (method == kMethods.end()) fail(ErrorCode::InvalidInput, "There is no such method.");
  options.method = static_cast<quantise::Method>(method - kMethods.begin());
  options.activations = is("activations", "int8") ? DType::Int8 : DType::Uint8;
  options.per_channel = object["perChannel"].as<bool>();
  options.rounding = is("rounding", "gptq") ? quantise::Rounding::Gptq : quantise::Rounding::Nearest;
  options.bias_correction = object["biasCorrection"].as<bool>();
  options.equalise = object["equalise"].as<bool>();
  options.placement =
      is("placement", "everywhere") ? quantise::Placement::Everywhere : quantise::Placement::Fused;
  const val kept = object["keepFloat"];
  if (!kept.isNull()) options.keep_float = to_strings(kept);
  options.budget_db = object["budgetDb"].as<double>();
  options.peak = object["peak"].as<double>();
  options.float16 = object["float16"].as<bool>();
  return options;
}

// [{heldOut, truth?}]
std::vector<quantise::Sample> to_samples(const val& array) {
  std::vector<quantise::Sample> samples;
  for (const val& object : array) {
    quantise::Sample& sample = samples.emplace_back();
    sample.held_out = object["heldOut"].as<bool>();
    const val truth = object["truth"];
    if (!truth.isUndefined()) sample.truth = to_tensor(truth);
  }
  return samples;
}

val number(double value) { return val(value); }
val number(uint64_t value) { return val(static_cast<double>(value)); }
val number(int64_t value) { return val(static_cast<double>(value)); }

val known(double value) { return std::isnan(value) ? val::undefined() : number(value); }

val to_val(quantise::Range range) {
  val object = val::object();
  object.set("low", range.low);
  object.set("high", range.high);
  return object;
}

val histogram_of(const quantise::LayerReport& layer) {
  if (layer.histogram.empty()) return val::undefined();
  const std::vector<double> counts(layer.histogram.begin(), layer.histogram.end());
  val object = val::object();
  object.set("range", to_val(layer.histogram_range));
  const auto view = emscripten::typed_memory_view(counts.size(), counts.data());
  object.set("counts", val(view).call<val>("slice"));
  return object;
}

val to_val(const quantise::LayerReport& layer) {
  val object = val::object();
  object.set("node", layer.node);
  object.set("opType", layer.op_type);
  object.set("input", layer.input);
  object.set("quantised", layer.quantised);
  object.set("reason", layer.reason);
  object.set("method", std::string(kMethods[static_cast<size_t>(layer.method)]));
  object.set("seen", to_val(layer.seen));
  object.set("chosen", to_val(layer.chosen));
  object.set("scale", static_cast<double>(layer.parameters.scale));
  object.set("zeroPoint", layer.parameters.zero_point);
  object.set("histogram", histogram_of(layer));
  object.set("lossDb", known(layer.loss_db));
  object.set("weightsSnr", layer.weights_snr);
  object.set("macs", number(layer.macs));
  object.set("bytesBefore", number(layer.bytes_before));
  object.set("bytesAfter", number(layer.bytes_after));
  return object;
}

val to_val(const quantise::Report& report) {
  val object = val::object();
  object.set("lossDb", report.loss_db);
  object.set("psnr", report.psnr);
  object.set("psnrBefore", known(report.psnr_before));
  object.set("psnrAfter", known(report.psnr_after));
  object.set("bytesBefore", number(report.bytes_before));
  object.set("bytesAfter", number(report.bytes_after));
  object.set("layers", to_array(report.layers, [](const auto& layer) { return to_val(layer); }));
  return object;
}

Handle make_quantisation(Handle model, const val& settings, const val& samples) {
  return guard([&] {
    const std::span<const std::byte> bytes = at<Buffer>(model).bytes();
    return handle_of(std::make_unique<Quantisation>(
        std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
        to_quantise_options(settings), to_samples(samples)));
  });
}

// {model, bytes, sample, fetches}, or null.
val question_of(Handle quantisation) {
  return guard([&] {
    const quantise::Question* question = at<Quantisation>(quantisation).question();
    if (!question) return val::null();
    val object = val::object();
    object.set("model", question->model);
    object.set("bytes", view_of(question->bytes));
    object.set("sample", static_cast<double>(question->sample));
    object.set("fetches", to_array(question->fetches, [](const auto& name) { return val(name); }));
    return object;
  });
}

void answer(Handle quantisation, const val& values) {
  guard([&] { at<Quantisation>(quantisation).answer(to_tensors(values)); });
}

double progress_of(Handle quantisation) {
  return guard([&] { return at<Quantisation>(quantisation).progress(); });
}

// {file, report}
val take_quantised(Handle quantisation) {
  return guard([&] {
    quantise::Result result = at<Quantisation>(quantisation).take_result();
    val object = val::object();
    object.set("report", to_val(result.report));
    object.set("file", handle_of(std::move(result.model)));
    return object;
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(fovea_quantiser) {
  function("makeQuantisation", &make_quantisation);
  function("questionOf", &question_of);
  function("answer", &answer);
  function("progressOf", &progress_of);
  function("takeQuantised", &take_quantised);
}

}  // namespace fovea::bindings
