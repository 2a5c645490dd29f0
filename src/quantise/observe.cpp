#include <algorithm>

#include "base/error.h"
#include "quantise/subject.h"

namespace fovea::quantise {
namespace {

// Of values that are fetched at once, in bytes. Others are asked for in another run.
constexpr size_t kAtOnce = size_t{64} << 20;

void take(Observed& value, const Tensor& tensor) {
  if (tensor.dtype() != DType::Float) {
    fail(ErrorCode::InvalidInput, "The value \"", value.name, "\" is of type ",
         name_of(tensor.dtype()), "; only float32 is quantised. Convert the model to float32.");
  }
  if (value.histogram.add(tensor.as<float>())) return;
  throw Error(ErrorCode::InvalidInput,
              text("The value \"", value.name,
                   "\" of the float model is not finite for a sample, so it has no range."))
      .with("value", std::string(value.name));
}

}  // namespace

Task<bool> observe(Subject& subject) {
  subject.host.use_float_model(subject.network.bytes());
  // How much a value takes is known once it was seen.
  std::vector<size_t> sizes(subject.values.size(), kAtOnce);
  std::vector<Observed*> values;
  for (Observed& value : subject.values) {
    if (value.like.empty()) values.push_back(&value);
  }
  for (const size_t sample : subject.teaching) {
    for (size_t first = 0; first < values.size();) {
      std::vector<std::string> fetches;
      size_t last = first, bytes = 0;
      while (last < values.size() && (last == first || bytes + sizes[last] <= kAtOnce)) {
        bytes += sizes[last];
        fetches.emplace_back(values[last++]->name);
      }
      const std::vector<Tensor> fetched = co_await subject.host.ask(sample, std::move(fetches));
      for (size_t i = first; i < last; ++i) {
        take(*values[i], fetched[i - first]);
        sizes[i] = fetched[i - first].bytes();
      }
      // Those that were not seen yet may be a few times as large as the first.
      if (first == 0 && last == 1) {
        std::ranges::fill(sizes, std::max<size_t>(4 * sizes[0], size_t{1} << 20));
      }
      first = last;
    }
  }
  co_return true;
}

}  // namespace fovea::quantise
