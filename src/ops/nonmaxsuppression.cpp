// NonMaxSuppression: its output's shape depends on data.

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/order.h"
#include "kernels/elementwise/order_key.h"
#include "ops/op.h"

namespace fovea {
namespace {

struct Box {
  float y0, x0, y1, x1;
  float area = (y1 - y0) * (x1 - x0);
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
  return shared / (a.area + b.area - shared);
}

struct Problem {
  int64_t batches, classes, boxes;
  int64_t limit;  // boxes selected per batch and class at most
  bool center;
};

void read_boxes(const Problem& problem, const float* all, int64_t batch, Box* boxes) {
  const float* from = all + batch * problem.boxes * 4;
  for (int64_t i = 0; i < problem.boxes; ++i) boxes[i] = read_box(from + 4 * i, problem.center);
}

struct Thresholds {
  float overlap, score;
};

using Selection = std::array<int64_t, 3>;  // batch, class, box

// What the selection from one list of scores needs, in memory of its own.
struct Lists {
  Box* boxes;       // of the image
  Keyed* order;     // as many
  Keyed* scratch;   // as many
  Box* chosen;      // Problem::limit
  int64_t* places;  // of those chosen
};

// Selects greedily by falling score; returns how many.
int64_t select_boxes(const Problem& problem, const Thresholds& thresholds, const float* scores,
                     const Lists& lists) {
  size_t candidates = 0;
  for (int64_t i = 0; i < problem.boxes; ++i) {
    if (scores[i] > thresholds.score)
      lists.order[candidates++] = {~kernels::ascending_key(scores[i]), i};
  }
  sort_by_keys({lists.order, candidates}, {lists.scratch, candidates});
  int64_t count = 0;
  for (size_t i = 0; i < candidates && count < problem.limit; ++i) {
    const Box& box = lists.boxes[lists.order[i].place];
    const bool suppressed = std::any_of(lists.chosen, lists.chosen + count, [&](const Box& other) {
      return overlap(box, other) > thresholds.overlap;
    });
    if (suppressed) continue;
    lists.chosen[count] = box;
    lists.places[count++] = lists.order[i].place;
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

// Offsets of the lists in a run's scratch memory.
struct ScratchPlan {
  uint64_t order = 0, scratch = 0, places = 0, results = 0, boxes = 0, chosen = 0, end = 0;

  explicit ScratchPlan(const Problem& problem) {
    const auto take = [&](int64_t count, size_t size) {
      return std::exchange(end, end + static_cast<uint64_t>(count) * size);
    };
    // What has elements of 8 bytes comes first.
    order = take(problem.boxes, sizeof(Keyed));
    scratch = take(problem.boxes, sizeof(Keyed));
    places = take(problem.limit, sizeof(int64_t));
    results = take(problem.batches * problem.classes * problem.limit, sizeof(Selection));
    boxes = take(problem.boxes, sizeof(Box));
    chosen = take(problem.limit, sizeof(Box));
  }

  Lists lists(std::byte* memory) const {
    return {reinterpret_cast<Box*>(memory + boxes), reinterpret_cast<Keyed*>(memory + order),
            reinterpret_cast<Keyed*>(memory + scratch), reinterpret_cast<Box*>(memory + chosen),
            reinterpret_cast<int64_t*>(memory + places)};
  }
};

Kernel plan_suppression(PlanContext& context) {
  const Problem problem = problem_of(context);
  const ScratchPlan memory(problem);
  context.reserve_scratch(memory.end);
  return [problem, memory](RunContext& run) {
    const float* overlap_limit = run.in<float>(3);
    const float* score_limit = run.in<float>(4);
    const Thresholds thresholds = {
        overlap_limit ? *overlap_limit : 0.0f,
        score_limit ? *score_limit : -std::numeric_limits<float>::infinity()};
    const Lists lists = memory.lists(run.scratch());
    auto* results = reinterpret_cast<Selection*>(run.scratch() + memory.results);
    int64_t count = 0;
    // Without boxes there may be any number of classes, which need no memory.
    const int64_t all = problem.limit > 0 ? problem.batches * problem.classes : 0;
    for (int64_t i = 0; i < all; ++i) {
      const int64_t batch = i / problem.classes;
      if (i % problem.classes == 0) read_boxes(problem, run.in<float>(0), batch, lists.boxes);
      const int64_t found =
          select_boxes(problem, thresholds, run.in<float>(1) + i * problem.boxes, lists);
      for (int64_t j = 0; j < found; ++j) {
        results[count++] = {batch, i % problem.classes, lists.places[j]};
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
