// Col2Im.

#include <algorithm>
#include <numeric>

#include "base/integers.h"
#include "ops/core/spatial.h"

namespace fovea {
namespace {

// A walk through all index tuples below `sizes`, the last one fastest.
class Counter {
 public:
  explicit Counter(const std::vector<int64_t>& sizes) : sizes_(sizes), at_(sizes.size(), 0) {}
  int64_t operator[](size_t axis) const { return at_[axis]; }
  void next() {
    for (size_t axis = sizes_.size(); axis-- > 0;) {
      if (++at_[axis] < sizes_[axis]) return;
      at_[axis] = 0;
    }
  }

 private:
  const std::vector<int64_t>& sizes_;
  std::vector<int64_t> at_;
};

// An image as the blocks that slide over it.
struct Blocks {
  explicit Blocks(const NodeContext& context);

  Shape output() const {
    Shape shape = {batch, channels};
    for (const int64_t size : image) shape.push_back(size);
    return shape;
  }

  std::vector<int64_t> image;
  std::vector<int64_t> block;
  std::vector<int64_t> count;  // of blocks along each axis
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;  // at the beginning
  int64_t batch;
  int64_t channels;
};

int64_t product(const std::vector<int64_t>& values) {
  return std::accumulate(values.begin(), values.end(), int64_t{1}, saturating_product);
}

Blocks::Blocks(const NodeContext& context) : image(context.int64s(1)), block(context.int64s(2)) {
  const WindowAttributes& window = context.attributes_as<ConvAttributes>().window;
  const size_t axes = image.size();
  const auto or_each = [](const std::vector<int64_t>& values, size_t size, int64_t fallback) {
    return values.empty() ? std::vector<int64_t>(size, fallback) : values;
  };
  strides = or_each(window.strides, axes, 1);
  dilations = or_each(window.dilations, axes, 1);
  pads = or_each(window.pads, 2 * axes, 0);
  const auto in_range = [](int64_t size) { return size >= 1 && size < int64_t{1} << 31; };
  bool fit = axes > 0 && block.size() == axes && strides.size() == axes &&
             dilations.size() == axes && pads.size() == 2 * axes &&
             std::ranges::all_of(image, in_range) && std::ranges::all_of(block, in_range);
  for (size_t i = 0; fit && i < axes; ++i) {
    const int64_t room = image[i] + pads[i] + pads[axes + i] - (block[i] - 1) * dilations[i] - 1;
    count.push_back(floor_div(room, strides[i]) + 1);
    fit = count.back() >= 1;
  }
  const Shape& in = context.shape(0);
  fit = fit && in.rank() == 3 && in[1] % product(block) == 0 && in[2] == product(count);
  if (!fit) {
    fail(ErrorCode::InvalidInput, "Col2Im cannot make images of ", Shape(image),
         " of columns of shape ", in, " with blocks of ", Shape(block), ", strides ",
         Shape(strides), ", dilations ", Shape(dilations), " and pads ", Shape(pads));
  }
  batch = in[0];
  channels = in[1] / product(block);
}

void infer_col2im(InferContext& context) {
  context.set_output(0, context.dtype(0), Blocks(context).output());
}

// Blocks along an axis whose element at `offset` lies in the image.
struct Inside {
  Inside(const Blocks& blocks, size_t axis, int64_t element)
      : stride(blocks.strides[axis]),
        offset(element * blocks.dilations[axis] - blocks.pads[axis]),
        begin(std::max<int64_t>(0, first_at(0))),
        end(std::min(blocks.count[axis], first_at(blocks.image[axis]))) {}

  // The first block whose element lies at `place` or behind it.
  int64_t first_at(int64_t place) const { return floor_div(place - offset + stride - 1, stride); }

  int64_t stride;
  int64_t offset;
  int64_t begin;
  int64_t end;
};

// One channel: [block...][count...] elements are added to their places, a row of blocks at once.
template <class T>
void add_blocks(const Blocks& blocks, const T* from, T* image) {
  const size_t last = blocks.image.size() - 1;
  const int64_t block_size = product(blocks.block), columns = blocks.count[last];
  const int64_t rows = product(blocks.count) / columns;
  const std::vector<int64_t> outer(blocks.count.begin(), blocks.count.end() - 1);
  Counter element(blocks.block);
  for (int64_t i = 0; i < block_size; ++i, element.next()) {
    const Inside x(blocks, last, element[last]);
    Counter at(outer);
    for (int64_t j = 0; j < rows; ++j, at.next(), from += columns) {
      int64_t place = 0;
      bool inside = true;
      for (size_t axis = 0; axis < last; ++axis) {
        const int64_t y = at[axis] * blocks.strides[axis] - blocks.pads[axis] +
                          element[axis] * blocks.dilations[axis];
        inside = inside && y >= 0 && y < blocks.image[axis];
        place = place * blocks.image[axis] + y;
      }
      if (!inside) continue;
      T* to = image + place * blocks.image[last] + x.offset;
      for (int64_t k = x.begin; k < x.end; ++k) {
        to[k * x.stride] = static_cast<T>(to[k * x.stride] + from[k]);
      }
    }
  }
}

template <class T>
void add_all(const Blocks& blocks, const Tensor& in, Tensor& out, ThreadPool& pool) {
  const int64_t size = product(blocks.image);
  const int64_t columns = product(blocks.block) * product(blocks.count);
  const T* from = in.as<T>().data();
  T* to = out.mutable_as<T>().data();
  pool.parallel_for(blocks.batch * blocks.channels, 1 + 4096 / columns,
                    [&](int64_t begin, int64_t end) {
                      std::fill(to + begin * size, to + end * size, T{0});
                      for (int64_t i = begin; i < end; ++i)
                        add_blocks(blocks, from + i * columns, to + i * size);
                    });
}

// Sums of integers have the same bits whether they are signed or not.
void col2im(ComputeContext& context) {
  const Blocks blocks(context);
  const Tensor& in = context.tensor(0);
  Tensor& out = context.set(0, Tensor::allocate(in.dtype(), blocks.output()));
  const auto add = [&](auto zero) { add_all<decltype(zero)>(blocks, in, out, context.pool()); };
  if (in.dtype() == DType::Float) return add(float{});
  if (in.dtype() == DType::Double) return add(double{});
  switch (element_bytes(in.dtype())) {
    case 1:
      return add(uint8_t{});
    case 2:
      return add(uint16_t{});
    case 4:
      return add(uint32_t{});
    default:
      return add(uint64_t{});
  }
}

constexpr OpDef kOps[] = {
    {.op_type = "Col2Im",
     .since = 18,
     .meaning = {.inputs = {3, 3},
                 .types = {type_of_input(0, kNumbers), type_of_inputs(1, 2, {DType::Int64})},
                 .infer = infer_col2im,
                 .content_inputs = {1, 2}},
     .cpu = {.compute = col2im}},
};

}  // namespace

extern constinit const OpFamily col2im_ops = kOps;

}  // namespace fovea
