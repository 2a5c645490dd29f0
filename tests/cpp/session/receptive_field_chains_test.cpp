#include "session/field_checks.h"

// What operators' rules say of the pixels that chains of a few of them look at, against runs.

namespace fovea::test {
namespace {

using std::string;

// A network of a few operators at random, with what is known of its output.
class RandomChain {
 public:
  explicit RandomChain(uint32_t seed) : engine_(seed), network({1, 4, kSize, kSize}) {
    const int64_t count = 2 + below(4);
    for (int64_t i = 0; i < count; ++i) add();
  }

  static constexpr int64_t kSize = 48;

 private:
  int64_t below(int64_t bound) {
    return static_cast<int64_t>(engine_() % static_cast<uint32_t>(bound));
  }
  void advance(int64_t steps, int64_t per) {
    rate.num *= steps;
    rate.den *= per;
    const int64_t divisor = std::gcd(rate.num, rate.den);
    rate = {rate.num / divisor, rate.den / divisor};
  }
  void add();

  std::mt19937 engine_;
  int64_t size_ = kSize;

 public:
  Network network;
  string output = "x";
  Rate rate;
  string described;
};

void RandomChain::add() {
  const int64_t choice = below(9);
  described += text(" ", choice);
  if (choice <= 1) {
    const int64_t kernel = 1 + below(5), dilation = 1 + below(2),
                  stride = size_ > 30 ? 1 + below(2) : 1;
    const int64_t reach = (kernel - 1) * dilation + 1, pad = below(reach);
    output = network.conv(output, 4, 4, kernel, pad, stride, dilation);
    size_ = (size_ + 2 * pad - reach) / stride + 1;
    advance(stride, 1);
  } else if (choice == 2 && size_ < 80) {
    const int64_t kernel = 1 + below(5), stride = 1 + below(3), pad = below(kernel);
    output = network.deconv(output, 4, 4, kernel, stride, pad);
    size_ = (size_ - 1) * stride + kernel - 2 * pad;
    advance(1, stride);
  } else if (choice == 3) {
    output = network.node("MaxPool", {output}, {{"kernel_shape", Ints{3, 3}}});
    size_ -= 2;
  } else if (choice == 4 && size_ % 2 == 0 && size_ > 30) {
    output = network.node("SpaceToDepth", {output}, {{"blocksize", int64_t{2}}});
    output = network.conv(output, 16, 4, 1, 0);
    size_ /= 2;
    advance(2, 1);
  } else if (choice == 5 && size_ < 80) {
    output = network.node("DepthToSpace", {output}, {{"blocksize", int64_t{2}}});
    output = network.conv(output, 1, 4, 1, 0);
    size_ *= 2;
    advance(1, 2);
  } else if (choice == 6 && size_ < 80) {
    const string scales = network.floats({1, 1, 2, 2});
    output = network.node("Resize", {output, "", scales}, {{"mode", string("linear")}});
    size_ *= 2;
    advance(1, 2);
  } else if (choice == 7) {
    const int64_t before = below(4) - 1, after = below(4) - 1;
    output = network.node("Pad", {output, network.ints({0, 0, before, before, 0, 0, after, after})},
                          {{"mode", string("edge")}});
    size_ += before + after;
  } else {
    const string branch = network.conv(output, 4, 4, 3, 1);
    output = network.node("Add", {branch, output});
  }
}

TEST(RulesOfWindows, OfRandomChainsAreWhatRunsShow) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    RandomChain chain(seed);
    SCOPED_TRACE(text("seed ", seed, ":", chain.described));
    check_field(chain.network, chain.output, {}, chain.rate);
  }
}

}  // namespace
}  // namespace fovea::test
