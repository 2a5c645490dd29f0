#include "conv_checks.h"
#include "kernels/conv/shuffle.h"

namespace fovea::kernels {
namespace {

// The convolution's channels in the order the shuffle wants them.
class BlockWeights final : public ConvWeights {
 public:
  BlockWeights(const ConvShuffleShape& shape, const ConvWeights& weights)
      : shape_(shape), weights_(weights) {}

  float at(int64_t group, int64_t output, int64_t input, int64_t ky,
           int64_t kx) const noexcept override {
    return weights_.at(group, source(output), input, ky, kx);
  }
  float bias(int64_t output) const noexcept override { return weights_.bias(source(output)); }

 private:
  // As in DepthToSpace's mode CRD.
  int64_t source(int64_t output) const {
    const BlockChannel at = block_channel(shape_, output);
    return (at.channel * shape_.block_h + at.y) * shape_.block_w + at.x;
  }

  const ConvShuffleShape& shape_;
  const ConvWeights& weights_;
};

// [n][c][h][w] with blocks in its channels to the output of the shuffle.
std::vector<double> shuffled(const ConvShuffleShape& shape, const std::vector<double>& deep) {
  std::vector<double> wide;
  for (int64_t nc = 0; nc < shape.conv.batch * shape.channels; ++nc) {
    for (int64_t y = shape.crop_top; y < shape.crop_top + shape.out_h; ++y) {
      for (int64_t x = shape.crop_left; x < shape.crop_left + shape.out_w; ++x) {
        const int64_t in_block = y % shape.block_h * shape.block_w + x % shape.block_w;
        const int64_t plane = nc * shape.block_h * shape.block_w + in_block;
        const int64_t row = plane * shape.conv.out_h + y / shape.block_h;
        wide.push_back(deep[static_cast<size_t>(row * shape.conv.out_w + x / shape.block_w)]);
      }
    }
  }
  return wide;
}

// `crop` rows and columns are cut off at every side.
void check_shuffle(const ReferenceConv& conv, int64_t block_h, int64_t block_w, int64_t crop = 0) {
  ConvShuffleShape shape;
  shape.conv = shape_of(conv);
  shape.channels = conv.out_channels / (block_h * block_w);
  shape.block_h = block_h;
  shape.block_w = block_w;
  shape.crop_top = shape.crop_left = crop;
  shape.out_h = shape.conv.out_h * block_h - 2 * crop;
  shape.out_w = shape.conv.out_w * block_w - 2 * crop;
  const ConvShape& sizes = shape.conv;
  const auto input = random_floats(sizes.batch * sizes.in_channels * sizes.in_h * sizes.in_w, 1);
  const auto weights =
      random_floats(sizes.out_channels * sizes.in_channels * sizes.kernel_h * sizes.kernel_w, 2);
  const auto bias = random_floats(sizes.out_channels, 3);
  const ConvAlgorithm& algorithm = choose_algorithm(sizes);
  test::Expected expected = test::reference_conv(conv, input, weights, bias);
  widen_bounds(sizes, algorithm, input, weights, bias, expected.bounds);
  expected = {shuffled(shape, expected.values), shuffled(shape, expected.bounds)};

  const auto image = channels_last(input, sizes.batch, sizes.in_channels, sizes.in_h * sizes.in_w);
  const StridedWeights dense = dense_weights(sizes, weights.data(), bias.data());
  const int64_t out_size = shape.out_h * shape.out_w;
  for (const bool plain_output : {false, true}) {
    SCOPED_TRACE(::testing::Message() << conv.out_channels << " channels in blocks of " << block_h
                                      << "x" << block_w << (plain_output ? ", plain" : ""));
    shape.plain_output = plain_output;
    std::vector<float> packed(static_cast<size_t>(algorithm.packed_size(sizes)));
    algorithm.pack_weights(sizes, BlockWeights(shape, dense), packed.data());
    std::vector<float> scratch(static_cast<size_t>(shuffled_scratch_size(shape, algorithm)));
    const int64_t pixel = plain_output ? shape.channels : padded_channels(shape.channels);
    std::vector<float> output(static_cast<size_t>(sizes.batch * out_size * pixel),
                              std::numeric_limits<float>::quiet_NaN());
    for (int64_t row = 0; row < shape.rows(); row += 3) {
      run_shuffled_rows(shape, algorithm, image.data(), packed.data(), output.data(), {},
                        scratch.data(), row, std::min(row + 3, shape.rows()));
    }
    expect_close(plain_output ? output : plain(output, sizes.batch, shape.channels, out_size),
                 expected);
  }
}

TEST(ConvShuffle, EveryBlockAndNumberOfChannels) {
  for (int64_t block = 1; block <= 5; ++block) {
    for (int64_t channels = 1; channels <= 6; ++channels) {
      check_shuffle(square(5, channels * block * block, 7, 3, 1), block, block);
      check_shuffle(square(5, channels * block * 2, 7, 1, 0), block, 2);
    }
  }
}

TEST(ConvShuffle, CropsBatchesAndStripsOfManyRows) {
  for (int64_t crop = 0; crop < 3; ++crop) {
    ReferenceConv conv = square(3, 2 * 9, 11, 3, 1);
    conv.batch = 2;
    check_shuffle(conv, 3, 3, crop);
  }
  ReferenceConv wide = square(1, 16, 8, 3, 1);
  wide.axes[1].in = 1100;
  check_shuffle(wide, 4, 4, 1);
}

TEST(ConvShuffle, OtherConvolutions) {
  check_shuffle(square(4, 8, 9, 5, 2), 2, 2);
  ReferenceConv strided = square(4, 8, 9, 3, 1);
  strided.axes[0].stride = 2;
  check_shuffle(strided, 2, 2);
  check_shuffle(square(9, 2, 9, 3, 1), 1, 2);
}

}  // namespace
}  // namespace fovea::kernels
