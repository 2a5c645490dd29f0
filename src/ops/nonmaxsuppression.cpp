// NonMaxSuppression: its output's shape depends on data.

#include <algorithm>
#include <array>
#include <limits>

#include "base/order.h"
#include "ops/op.h"

namespace fovea {
namespace {

struct Box {
  float y0, x0, y1, x1;

  float area() const { return (y1 - y0) * (x1 - x0); }
};

// Corner boxes are [y, x, y, x] of any two opposite corners, centre boxes [x, y, width, height].
Box read_box(const float* box, bool center) {
  if (center) {
    const float half_width = box[2] / 2, half_height = box[3] / 2;
    return {box[1] - half_height, box[0] - half_width, box[1] + half_height, box[0] + half_width};
  }
  return {std::min(box[0], box[2]), std::min(box[1], box[3]), std::max(box[0], box[2]),
          std::max(box[1], box[3])};
}

// Intersection over union; 0 for boxes without area.
float overlap(const Box& a, const Box& b) {
  const float height = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  const float width = std::min(a.x1, b.x1) - std::max(a.x0, b.x0);
  if (height <= 0 || width <= 0) return 0;
  const float shared = height * width;
  return shared / (a.area() + b.area() - shared);
}

struct Problem {
  int64_t batches, classes, boxes;
  int64_t limit;  // boxes selected per batch and class at most
  bool center;
};

struct Thresholds {
  float overlap, score;
};

using Selection = std::array<int64_t, 3>;  // batch, class, box

// Selects greedily by falling score; returns how many. `order` has room for every box.
int64_t select_boxes(const Problem& problem, const Thresholds& thresholds, const float* boxes,
                     const float* scores, int64_t* order, int64_t* selected) {
  int64_t candidates = 0;
  for (int64_t i = 0; i < problem.boxes; ++i) {
    if (scores[i] > thresholds.score) order[candidates++] = i;
  }
  sort_places({order, static_cast<size_t>(candidates)},
              [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  int64_t count = 0;
  for (int64_t i = 0; i < candidates && count < problem.limit; ++i) {
    const Box box = read_box(boxes + order[i] * 4, problem.center);
    const bool suppressed = std::any_of(selected, selected + count, [&](int64_t other) {
      return overlap(box, read_box(boxes + other * 4, problem.center)) > thresholds.overlap;
    });
    if (!suppressed) selected[count++] = order[i];
  }
  return count;
}

void infer_suppression(InferContext& context) {
  const Shape& boxes = context.shape(0);
  const Shape& scores = context.shape(1);
  const bool fits = boxes.rank() == 3 && scores.rank() == 3 && boxes[2] == 4 &&
                    boxes[0] == scores[0] && boxes[1] == scores[2];
  if (!fits) {
    fail(ErrorCode::InvalidInput, "NonMaxSuppression of boxes ", boxes, " and scores ", scores);
  }
  for (const int threshold : {3, 4}) {
    if (!context.has_input(threshold) || context.shape(threshold).elements() == 1) continue;
    fail(ErrorCode::MalformedModel,
         "NonMaxSuppression takes thresholds of one float, not of shape ",
         context.shape(threshold));
  }
  context.set_dynamic_output(0, DType::Int64);
}

Problem problem_of(const NodeContext& context) {
  Problem problem;
  problem.batches = context.shape(1)[0];
  problem.classes = context.shape(1)[1];
  problem.boxes = context.shape(1)[2];
  const std::vector<int64_t> limit = context.int64s(2, {0});
  problem.limit = limit.empty() ? 0 : std::clamp<int64_t>(limit[0], 0, problem.boxes);
  problem.center = context.attributes().get_int("center_point_box", 0) != 0;
  return problem;
}

Kernel plan_suppression(PlanContext& context) {
  const Problem problem = problem_of(context);
  const int64_t most = problem.batches * problem.classes * problem.limit;
  const auto order_bytes = static_cast<uint64_t>(problem.boxes + problem.limit) * sizeof(int64_t);
  context.reserve_scratch(order_bytes + static_cast<uint64_t>(most) * sizeof(Selection));
  return [problem, most, order_bytes](RunContext& run) {
    const float* overlap_limit = run.in<float>(3);
    const float* score_limit = run.in<float>(4);
    const Thresholds thresholds = {
        overlap_limit ? *overlap_limit : 0.0f,
        score_limit ? *score_limit : -std::numeric_limits<float>::infinity()};
    int64_t* order = reinterpret_cast<int64_t*>(run.scratch());
    int64_t* selected = order + problem.boxes;
    Selection* results = reinterpret_cast<Selection*>(run.scratch() + order_bytes);
    int64_t count = 0;
    // Without boxes there may be any number of classes, which need no memory.
    const int64_t lists = most > 0 ? problem.batches * problem.classes : 0;
    for (int64_t i = 0; i < lists; ++i) {
      const int64_t batch = i / problem.classes;
      const int64_t found =
          select_boxes(problem, thresholds, run.in<float>(0) + batch * problem.boxes * 4,
                       run.in<float>(1) + i * problem.boxes, order, selected);
      for (int64_t j = 0; j < found; ++j) {
        results[count++] = {batch, i % problem.classes, selected[j]};
      }
    }
    Tensor out = Tensor::allocate(DType::Int64, {count, 3});
    if (count > 0) std::copy_n(results->data(), count * 3, out.mutable_as<int64_t>().data());
    run.set_output(0, std::move(out));
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "NonMaxSuppression",
     .since = 10,
     .meaning = {.inputs = {2, 5},
                 .types = {type_of_inputs(0, 1, kFloat32), type_of_input(2, kIndices),
                           type_of_inputs(3, 4, kFloat32)},
                 .infer = infer_suppression,
                 .element_type = always<DType::Int64>,
                 .content_inputs = {2}},
     .cpu = {.plan = plan_suppression}},
};

}  // namespace

extern constinit const OpFamily nonmaxsuppression_ops = kOps;

}  // namespace fovea
