// MatMulNBits as onnxruntime writes it (com.microsoft): a product with weights of 2, 4 or 8 bits,
// which share a scale and a zero point by blocks.

#include <algorithm>

#include "base/bit_packing.h"
#include "base/integers.h"
#include "ops/core/function_steps.h"
#include "ops/op.h"
#include "simd/f32x4.h"

namespace fovea {
namespace {

constexpr int kA = 0, kB = 1, kScales = 2, kPoints = 3, kGroups = 4, kBias = 5;

// MatMulNBits once its shapes fit: A [..., inputs] times B [outputs, blocks, bytes], transposed.
struct QuantisedProduct {
  explicit QuantisedProduct(const NodeContext& context);

  int64_t padded() const { return blocks * block; }
  int64_t bytes_of_row() const { return padded() * bits / 8; }
  int64_t bytes_of_points() const { return (blocks * bits + 7) / 8; }

  int64_t rows = 1;
  int64_t inputs, outputs;
  int64_t bits, block, blocks;
  bool float_points = false;
};

void require_elements(const NodeContext& context, int input, int64_t count) {
  if (!context.has_input(input) || context.shape(input).elements() == count) return;
  fail(ErrorCode::InvalidInput, "input ", input, " of MatMulNBits has shape ", context.shape(input),
       ", but ", count, " elements are needed");
}

QuantisedProduct::QuantisedProduct(const NodeContext& context) {
  constexpr int64_t kLargest = int64_t{1} << 31;
  refuse_attribute(context, "weight_prepacked", 0);
  refuse_input(context, kGroups, "g_idx");
  const auto size = [&](const char* name) {
    const int64_t value = attribute_from(context, name, 0, 1);
    if (value > kLargest) fail(ErrorCode::MalformedModel, name, " of MatMulNBits is ", value);
    return value;
  };
  inputs = size("K");
  outputs = size("N");
  block = size("block_size");
  bits = attribute_from(context, "bits", 4, 1);
  if (bits != 2 && bits != 4 && bits != 8) {
    fail(ErrorCode::UnsupportedAttribute, "MatMulNBits of ", bits, " bits is not supported");
  }
  if (block < 16 || (block & (block - 1)) != 0) {
    fail(ErrorCode::MalformedModel, "MatMulNBits has blocks of ", block, " elements");
  }
  blocks = (inputs + block - 1) / block;
  const Shape& a = context.shape(kA);
  if (a.rank() == 0 || a[a.rank() - 1] != inputs) {
    fail(ErrorCode::InvalidInput, "MatMulNBits of ", inputs, " inputs cannot take ", a);
  }
  rows = a.elements(0, a.rank() - 1);
  require_elements(context, kB, outputs * bytes_of_row());
  require_elements(context, kScales, outputs * blocks);
  if (context.has_input(kPoints)) {
    float_points = context.dtype(kPoints) == DType::Float;
    require_elements(context, kPoints, outputs * (float_points ? blocks : bytes_of_points()));
  }
  require_shape(context, kBias, {outputs});
}

void infer_product(InferContext& context) {
  const QuantisedProduct product(context);
  Shape shape = context.shape(kA);
  shape[shape.rank() - 1] = product.outputs;
  context.set_output(0, DType::Float, std::move(shape));
}

int64_t macs_of_product(const NodeContext& context, const Shape& output) {
  const Shape& a = context.shape(kA);
  return saturating_product(output.elements(), a[a.rank() - 1]);
}

float dot(const float* a, const float* b, int64_t count) {
  using simd::F32x4;
  F32x4 even = F32x4::zero(), odd = even;
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    even = simd::fma(F32x4::load(a + i), F32x4::load(b + i), even);
    odd = simd::fma(F32x4::load(a + i + 4), F32x4::load(b + i + 4), odd);
  }
  float total = simd::sum(even + odd);
  for (; i < count; ++i) total += a[i] * b[i];
  return total;
}

// Weights of one output as numbers. `codes` has room for them and for the blocks' zero points.
void read_weights(const QuantisedProduct& product, const RunContext& run, int64_t output,
                  uint8_t* codes, float* weights) {
  const auto bits = static_cast<int>(product.bits);
  const int64_t blocks = product.blocks;
  unpack_bits(run.in<std::byte>(kB) + output * product.bytes_of_row(), bits, product.padded(),
              codes);
  uint8_t* points = codes + product.padded();
  if (const auto* packed = run.in<std::byte>(kPoints); packed && !product.float_points) {
    unpack_bits(packed + output * product.bytes_of_points(), bits, blocks, points);
  } else {
    std::fill_n(points, blocks, static_cast<uint8_t>(1 << (bits - 1)));
  }
  for (int64_t block = 0; block < blocks; ++block) {
    const float scale = run.in<float>(kScales)[output * blocks + block];
    const float point = product.float_points ? run.in<float>(kPoints)[output * blocks + block]
                                             : static_cast<float>(points[block]);
    const int64_t end = std::min((block + 1) * product.block, product.inputs);
    for (int64_t i = block * product.block; i < end; ++i) {
      weights[i] = (static_cast<float>(codes[i]) - point) * scale;
    }
  }
}

// A row of weights is read once for all rows of A.
Kernel plan_product(PlanContext& context) {
  const QuantisedProduct product(context);
  const int64_t outputs = product.outputs;
  const int64_t pieces = std::min<int64_t>(outputs, 4 * context.threads());
  const int64_t code_bytes = (product.padded() + product.blocks + 63) / 64 * 64;
  const int64_t piece_bytes = code_bytes + product.inputs * static_cast<int64_t>(sizeof(float));
  const int64_t stride = (piece_bytes + 63) / 64 * 64;
  context.reserve_scratch(static_cast<uint64_t>(pieces * stride));
  return [=](RunContext& run) {
    run.pool().parallel_for(pieces, 1, [&](int64_t first, int64_t last) {
      for (int64_t piece = first; piece < last; ++piece) {
        auto* codes = reinterpret_cast<uint8_t*>(run.scratch() + piece * stride);
        auto* weights = reinterpret_cast<float*>(run.scratch() + piece * stride + code_bytes);
        for (int64_t output = piece * outputs / pieces; output < (piece + 1) * outputs / pieces;
             ++output) {
          read_weights(product, run, output, codes, weights);
          const float bias = run.in<float>(kBias) ? run.in<float>(kBias)[output] : 0.0f;
          for (int64_t row = 0; row < product.rows; ++row) {
            const float* a = run.in<float>(kA) + row * product.inputs;
            run.out<float>(0)[row * outputs + output] = dot(a, weights, product.inputs) + bias;
          }
        }
      }
    });
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "MatMulNBits",
     .domain = kMicrosoftDomain,
     .meaning = {.inputs = {3, 6},
                 .types = {type_of_listed({kA, kScales, kBias}, kFloat32),
                           type_of_input(kB, {DType::Uint8}),
                           type_of_input(kPoints, {DType::Uint8, DType::Float}),
                           type_of_input(kGroups, {DType::Int32})},
                 .infer = infer_product,
                 .macs = macs_of_product,
                 .window =
                     [](const WindowContext& context) {
                       const bool summed = context.axis() == context.shape(kA).rank() - 1;
                       return summed ? Window{} : window_of_data(context);
                     }},
     .cpu = {.plan = plan_product}},
};

}  // namespace

extern constinit const OpFamily microsoft_matmul_nbits_ops = kOps;

}  // namespace fovea
