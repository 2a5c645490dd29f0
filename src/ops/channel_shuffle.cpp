// ChannelShuffle, which the passes make of a Reshape, a Transpose and a Reshape. See
// passes/channel_shuffle.cpp.

#include "kernels/movement/channels.h"
#include "ops/core/body.h"
#include "ops/op.h"

namespace fovea {
namespace {

// The groups whose channels follow each other in turns; 0 where the nodes do something else, or
// there is nothing to do.
int64_t groups_of(const NodeContext& context) {
  const Body body(context);
  const Shape& image = context.shape(0);
  const Shape& grouped = *body.type(body.nodes().front().outputs[0]).shape;
  if (image.rank() != 4 || *body.result().shape != image || image.elements() == 0) return 0;
  const Shape expected = {image[0], grouped[1], grouped[2], image[2], image[3]};
  return grouped == expected ? grouped[1] : 0;
}

// Planes are moved by the body as fast: Transpose copies rows.
void layout_channel_shuffle(LayoutContext& context) {
  if (context.layout(0) != Layout::ChannelsLast || groups_of(context) == 0) return;
  context.accept(0, Layout::ChannelsLast);
  context.produce(0, Layout::ChannelsLast);
}

Kernel plan_channel_shuffle(PlanContext& context) {
  if (context.layout(0) != Layout::ChannelsLast) return {};
  const Shape& shape = context.shape(0);
  return [groups = groups_of(context), channels = shape[1],
          pixels = shape[0] * shape[2] * shape[3]](RunContext& run) {
    kernels::shuffle_channels(run.in<float>(0), run.out<float>(0), channels, groups, pixels,
                              run.pool());
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "ChannelShuffle",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .meaning = {.inputs = {3, kUnbounded}, .infer = infer_body, .macs = body_macs},
     .cpu = {.plan = plan_channel_shuffle, .layout = layout_channel_shuffle}},
};

}  // namespace

extern constinit const OpFamily channel_shuffle_ops = kOps;

}  // namespace fovea
