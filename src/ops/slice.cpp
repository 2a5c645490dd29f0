// Slice.

#include <algorithm>
#include <numeric>

#include "ops/core/axes.h"
#include "ops/core/channels.h"

namespace fovea {
namespace {

// Elements start, start + step, ... of one axis.
struct Range {
  int64_t start = 0;
  int64_t step = 1;
  int64_t count = 0;
};

// ONNX's clamping: whatever lies outside the axis is cut off.
Range clamp_range(int64_t start, int64_t end, int64_t step, int64_t size) {
  if (step == 0) fail(ErrorCode::InvalidInput, "a Slice step is 0");
  const bool forward = step > 0;
  const int64_t first = forward ? 0 : -1;
  const int64_t last = forward ? size : size - 1;
  start = std::clamp(start < 0 ? start + size : start, int64_t{0}, std::max<int64_t>(last, 0));
  end = std::clamp(end < 0 ? end + size : end, first, std::max(last, first));
  const int64_t distance = forward ? end - start : start - end;
  if (distance <= 0 || size == 0) return {0, 1, 0};
  // A step past the axis takes one element; clamped, it can be negated and multiplied.
  step = std::clamp(step, -size, size);
  const int64_t magnitude = forward ? step : -step;
  return {start, step, (distance - 1) / magnitude + 1};
}

std::vector<int64_t> written(const NodeContext& context, int index, std::string_view attribute) {
  return context.has_input(index) ? context.int64s(index)
                                  : context.attributes().get_ints(attribute);
}

// The axes that `count` ranges are of, as they are written.
std::vector<int64_t> sliced_axes(const NodeContext& context, size_t count) {
  std::vector<int64_t> all(count);
  std::iota(all.begin(), all.end(), 0);
  return written_axes(context, 3).value_or(all);
}

// The range of every axis.
std::vector<Range> ranges_of(const NodeContext& context) {
  const Shape& in = context.shape(0);
  const std::vector<int64_t> starts = written(context, 1, "starts");
  const std::vector<int64_t> ends = written(context, 2, "ends");
  const std::vector<int64_t> axes = sliced_axes(context, starts.size());
  const std::vector<int64_t> steps = context.int64s(4, std::vector<int64_t>(starts.size(), 1));
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    fail(ErrorCode::InvalidInput, "Slice has ", starts.size(), " starts, ", ends.size(), " ends, ",
         axes.size(), " axes and ", steps.size(), " steps");
  }
  normalize_axes(axes, in.rank());
  std::vector<Range> ranges;
  for (const int64_t size : in) ranges.push_back({0, 1, size});
  for (size_t i = 0; i < starts.size(); ++i) {
    const int axis = normalize_axis(axes[i], in.rank());
    ranges[static_cast<size_t>(axis)] = clamp_range(starts[i], ends[i], steps[i], in[axis]);
  }
  return ranges;
}

void infer_slice(InferContext& context) {
  Shape out;
  for (const Range& range : ranges_of(context)) out.push_back(range.count);
  context.set_output(0, context.dtype(0), std::move(out));
}

Window window_slice(const WindowContext& context) {
  const Range range = ranges_of(context)[static_cast<size_t>(context.axis())];
  if (range.step < 0) return {};
  Window window = same_place(context.axis(), range.start);
  window.num = range.step;
  return window;
}

// Whether some neighbouring channels are taken, and all else.
bool is_channel_range(const NodeContext& context, std::span<const Range> ranges) {
  Shape whole = context.shape(0);
  whole[1] = ranges[1].count;
  for (size_t axis = 0; axis < ranges.size(); ++axis) {
    if (ranges[axis].step != 1 || ranges[axis].count != whole[static_cast<int>(axis)]) return false;
  }
  return true;
}

Kernel plan_slice(PlanContext& context) {
  const Operand out = {context.dtype(0), context.output_shape(0), context.output_layout(0)};
  std::vector<int64_t> from_strides = memory_strides(context.shape(0), out.layout);
  const std::vector<Range> ranges = ranges_of(context);
  if (out.layout == Layout::ChannelsLast && is_channel_range(context, ranges)) {
    return plan_channel_ranges(context, {{ranges[1].start, ranges[1].count, 0}});
  }
  int64_t offset = 0;
  for (size_t axis = 0; axis < ranges.size(); ++axis) {
    offset += ranges[axis].start * from_strides[axis];
    from_strides[axis] *= ranges[axis].step;
  }
  const CopyStep copy(out.dtype, out.shape, out.layout, from_strides,
                      memory_strides(out.shape, out.layout), offset);
  return [copy, out](RunContext& run) {
    copy.run(run.in<std::byte>(0), run.out<std::byte>(0), run.pool());
    clear_padding(out, run.out<std::byte>(0), run.pool());
  };
}

// A band has other rows than the range of an axis of rows counts, even of all.
std::optional<BandRule> bands_slice(const NodeContext& context, const Shape& output) {
  const int rank = output.rank();
  const auto axes = sliced_axes(context, written(context, 1, "starts").size());
  const bool of_rows =
      std::ranges::any_of(axes, [&](int64_t axis) { return normalize_axis(axis, rank) == 2; });
  return of_rows ? std::nullopt : bands_by_window(context, output);
}

constexpr OpDef kOps[] = {
    {.op_type = "Slice",
     .meaning = {.inputs = {1, 5},
                 .types = {type_of_input(0, kAnyType), type_of_inputs(1, 4, kIndices)},
                 .infer = infer_slice,
                 .content_inputs = {1, 2, 3, 4},
                 .window = window_slice},
     .cpu =
         {.plan = plan_slice, .moves = true, .layout = follow_input_layout, .bands = bands_slice}},
};

}  // namespace

extern constinit const OpFamily slice_ops = kOps;

}  // namespace fovea
