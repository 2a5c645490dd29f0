#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace fovea::test {

// Damages bytes in the ways files get damaged, and a few that only an attacker would think of. The
// same seed gives the same cases on every machine.
class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  // A damaged copy of `original`, which is not empty.
  std::string operator()(std::string_view original);

  // A number in [0, bound).
  size_t below(size_t bound) { return static_cast<size_t>(random_() % bound); }

 private:
  std::string noise(size_t length);

  void truncate(std::string& bytes);
  void flip_bits(std::string& bytes);
  void nudge(std::string& bytes);
  void overwrite(std::string& bytes);
  void insert(std::string& bytes);
  void erase(std::string& bytes);
  void repeat(std::string& bytes);
  void plant_extreme_varint(std::string& bytes);
  void replace_all(std::string& bytes);

  std::mt19937_64 random_;
};

}  // namespace fovea::test
