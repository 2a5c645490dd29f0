// AffineGrid.

#include "kernels/resize/affine_grid.h"

#include <algorithm>

#include "ops/op.h"

namespace fovea {
namespace {

constexpr int kOuterAxes = 2;  // of an image: batch and channels

// What the matrices and the sizes say, [N, C, (D,) H, W].
struct Grid {
  explicit Grid(const NodeContext& context);

  int64_t images;
  int axes;
  int64_t lengths[3] = {1, 1, 1};  // of x, y and z
  Shape result;
};

Grid::Grid(const NodeContext& context) {
  const Shape& theta = context.shape(0);
  const std::vector<int64_t> size = context.int64s(1);
  axes = static_cast<int>(size.size()) - kOuterAxes;
  const bool fit = context.shape(1).rank() == 1 && (axes == 2 || axes == 3) &&
                   theta == Shape{size[0], axes, axes + 1} &&
                   std::ranges::none_of(size, [](int64_t length) { return length < 0; });
  if (!fit) {
    fail(ErrorCode::InvalidInput, "AffineGrid cannot make a grid of ", Shape(size),
         " with matrices of shape ", theta);
  }
  images = size[0];
  result = {images};
  for (int axis = 0; axis < axes; ++axis) {
    result.push_back(size[static_cast<size_t>(axis + kOuterAxes)]);
    lengths[axis] = size[size.size() - 1 - static_cast<size_t>(axis)];
  }
  result.push_back(axes);
}

void infer_grid(InferContext& context) {
  context.set_output(0, context.dtype(0), Grid(context).result);
}

// Along an axis, evenly from -1 to 1: of the outer corners of the corner pixels, or their centres.
// A single pixel is in the middle.
double coordinate(int64_t index, int64_t size, bool align_corners) {
  if (size == 1) return 0;
  const auto i = static_cast<double>(index), n = static_cast<double>(size);
  return align_corners ? (2 * i - (n - 1)) / (n - 1) : (2 * i + 1 - n) / n;
}

template <class T>
Kernel plan_grid_of(const Grid& grid, bool align_corners) {
  if (grid.result.elements() == 0) return [](RunContext&) {};
  std::vector<T> along[3];
  for (size_t axis = 0; axis < 3; ++axis) {
    for (int64_t i = 0; i < grid.lengths[axis]; ++i) {
      along[axis].push_back(static_cast<T>(coordinate(i, grid.lengths[axis], align_corners)));
    }
  }
  const auto [width, height, depth] = grid.lengths;
  const int64_t rows = grid.images * depth * height;
  return [=, axes = grid.axes](RunContext& run) {
    constexpr int64_t kGrain = 16384;
    run.pool().parallel_for(rows, kGrain / (width + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T y = along[1][static_cast<size_t>(row % height)];
        const T z = along[2][static_cast<size_t>(row / height % depth)];
        const T* theta = run.in<T>(0) + row / (height * depth) * axes * (axes + 1);
        T slope[3], start[3];
        for (int axis = 0; axis < axes; ++axis, theta += axes + 1) {
          slope[axis] = theta[0];
          start[axis] = theta[1] * y + (axes == 3 ? theta[2] * z : 0) + theta[axes];
        }
        kernels::affine_row(along[0].data(), width, slope, start, axes,
                            run.out<T>(0) + row * width * axes);
      }
    });
  };
}

Kernel plan_grid(PlanContext& context) {
  const bool align_corners = context.attributes().get_int("align_corners", 0) != 0;
  return dispatch<float, double>(context.dtype(0), [&](auto tag) {
    return plan_grid_of<typename decltype(tag)::type>(Grid(context), align_corners);
  });
}

constexpr OpDef kOps[] = {
    {.op_type = "AffineGrid",
     .since = 20,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_input(0, kFloat32And64), type_of_input(1, {DType::Int64})},
                 .infer = infer_grid,
                 .content_inputs = {1}},
     .cpu = {.plan = plan_grid}},
};

}  // namespace

extern constinit const OpFamily affine_grid_ops = kOps;

}  // namespace fovea
