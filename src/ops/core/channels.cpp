#include "ops/core/channels.h"

#include "kernels/movement/channels.h"

namespace fovea {

using kernels::ChannelCopy;

void join_channels(std::span<const ChannelsOf> parts, float* to, int64_t pixels, ThreadPool& pool) {
  static constexpr float kZeros[kLanes] = {};
  int64_t channels = 0;
  for (const ChannelsOf& part : parts) channels += part.channels;
  const int64_t step = padded_channels(channels);
  std::vector<ChannelCopy> copies;
  // The last part's own lanes need not reach the end of the pixel.
  if (step != channels) copies.push_back({kZeros, 0, to + step - kLanes, step, kLanes, kLanes});
  int64_t first = 0;
  for (const auto& [data, count, from_step] : parts) {
    copies.push_back({data, from_step, to + first, step, count, step - first});
    first += count;
  }
  kernels::copy_channels(copies, pixels, pool);
}

Kernel plan_channel_ranges(const PlanContext& context, std::vector<ChannelRange> ranges) {
  const Shape& shape = context.shape(0);
  const int64_t step = padded_channels(shape[1]), pixels = shape[0] * shape[2] * shape[3];
  return [=, ranges = std::move(ranges)](RunContext& run) {
    std::vector<ChannelCopy> copies;
    for (const auto& [first, count, output] : ranges) {
      const int64_t own_step = padded_channels(count);
      copies.push_back(
          {run.in<float>(0) + first, step, run.out<float>(output), own_step, count, own_step});
    }
    kernels::copy_channels(copies, pixels, run.pool());
  };
}

}  // namespace fovea
