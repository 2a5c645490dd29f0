// What JavaScript sees of the quantiser. Its types are declared in web/src/quantize/module.ts.

#include <emscripten/bind.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "buffer.h"
#include "guard.h"
#include "handle.h"
#include "quantise/layers.h"
#include "quantise/quantisation.h"
#include "values.h"

namespace fovea::bindings {
namespace {

using emscripten::function;
using emscripten::val;
using quantise::Quantisation;

// Numbers and the names of nodes, or null; in the order of settingNumbers() in
// web/src/quantize/methods.ts.
quantise::Options to_quantise_options(const val& numbers, const val& keep_float) {
  const std::vector<double> given = emscripten::convertJSArrayToNumberVector<double>(numbers);
  size_t next = 0;
  const auto take = [&] { return given.at(next++); };
  quantise::Options options;
  options.method = static_cast<quantise::Method>(take());
  options.activations = take() != 0 ? DType::Int8 : DType::Uint8;
  options.per_channel = take() != 0;
  options.rounding = static_cast<quantise::Rounding>(take());
  options.bias_correction = take() != 0;
  options.equalise = take() != 0;
  options.placement = static_cast<quantise::Placement>(take());
  options.budget_db = take();
  options.enlargement = take();
  options.peak = take();
  options.float16 = take() != 0;
  if (!keep_float.isNull()) options.keep_float = to_strings(keep_float);
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

// As web/src/quantize/read-report.ts reads it: texts and numbers one after the other, since each
// property of an object is a call.
struct Flat {
  std::vector<std::string> texts;
  std::vector<double> numbers;
  std::vector<double> counts;  // of the histograms
};

void append(std::vector<double>& out, std::initializer_list<double> values) {
  out.insert(out.end(), values);
}

void append(Flat& flat, const quantise::LayerReport& layer) {
  for (const std::string* text : {&layer.node, &layer.op_type, &layer.input, &layer.reason}) {
    flat.texts.push_back(*text);
  }
  const auto number = [](auto value) { return static_cast<double>(value); };
  append(flat.numbers,
         {number(layer.quantised), number(layer.method), layer.seen.low, layer.seen.high,
          layer.chosen.low, layer.chosen.high, number(layer.parameters.scale),
          number(layer.parameters.zero_point), layer.loss_db, layer.weights_snr, number(layer.macs),
          number(layer.bytes_before), number(layer.bytes_after), layer.histogram_range.low,
          layer.histogram_range.high, number(layer.histogram.size())});
  flat.counts.insert(flat.counts.end(), layer.histogram.begin(), layer.histogram.end());
}

val to_val(const std::vector<double>& numbers) {
  return val(emscripten::typed_memory_view(numbers.size(), numbers.data())).call<val>("slice");
}

// {texts, numbers, counts}
val to_val(const quantise::Report& report) {
  Flat flat;
  append(flat.numbers,
         {report.loss_db, report.psnr, report.psnr_before, report.psnr_after,
          static_cast<double>(report.bytes_before), static_cast<double>(report.bytes_after)});
  for (const quantise::LayerReport& layer : report.layers) append(flat, layer);
  val object = val::object();
  object.set("texts", to_array(flat.texts, [](const auto& text) { return val(text); }));
  object.set("numbers", to_val(flat.numbers));
  object.set("counts", to_val(flat.counts));
  return object;
}

bool wants_folding(Handle model) {
  return guard([&] {
    const std::span<const std::byte> bytes = at<Buffer>(model).bytes();
    return quantise::wants_folding(
        quantise::Network(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())));
  });
}

Handle make_quantisation(Handle model, const val& numbers, const val& keep_float,
                         const val& samples) {
  return guard([&] {
    const std::span<const std::byte> bytes = at<Buffer>(model).bytes();
    return handle_of(std::make_unique<Quantisation>(
        std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
        to_quantise_options(numbers, keep_float), to_samples(samples)));
  });
}

// {model, bytes, sample, fetches}, or null.
val question_of(Handle quantisation) {
  return guard([&] {
    const quantise::Question* question = at<Quantisation>(quantisation).question();
    if (!question) return val::null();
    val object = val::object();
    object.set("model", question->model);
    object.set("bytes", val(emscripten::typed_memory_view(
                            question->bytes.size(),
                            reinterpret_cast<const unsigned char*>(question->bytes.data()))));
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
    object.set("file", handle_of(std::make_unique<Buffer>(result.model)));
    return object;
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(fovea_quantiser) {
  function("wantsFolding", &wants_folding);
  function("makeQuantisation", &make_quantisation);
  function("questionOf", &question_of);
  function("answer", &answer);
  function("progressOf", &progress_of);
  function("takeQuantised", &take_quantised);
}

}  // namespace fovea::bindings
