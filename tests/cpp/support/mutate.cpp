#include "support/mutate.h"

#include <algorithm>
#include <array>

namespace fovea::test {

using namespace std::string_view_literals;

std::string Mutator::operator()(std::string_view original) {
  constexpr auto kDamages = std::to_array<void (Mutator::*)(std::string&)>({
      &Mutator::truncate,
      &Mutator::flip_bits,
      &Mutator::nudge,
      &Mutator::overwrite,
      &Mutator::insert,
      &Mutator::erase,
      &Mutator::repeat,
      &Mutator::plant_extreme_varint,
      &Mutator::replace_all,
  });
  std::string bytes(original);
  (this->*kDamages[below(kDamages.size())])(bytes);
  return bytes;
}

std::string Mutator::noise(size_t length) {
  std::string bytes(length, '\0');
  std::ranges::generate(bytes, [&] { return static_cast<char>(below(256)); });
  return bytes;
}

void Mutator::truncate(std::string& bytes) { bytes.resize(below(bytes.size())); }

void Mutator::flip_bits(std::string& bytes) {
  for (size_t left = 1 + below(4); left > 0; --left) {
    char& byte = bytes[below(bytes.size())];
    byte = static_cast<char>(byte ^ 1 << below(8));
  }
}

// One more or one less: sizes that almost fit, other types, other fields.
void Mutator::nudge(std::string& bytes) {
  char& byte = bytes[below(bytes.size())];
  byte = static_cast<char>(byte + (below(2) == 0 ? 1 : -1));
}

void Mutator::overwrite(std::string& bytes) {
  const size_t at = below(bytes.size());
  const std::string patch = noise(1 + below(16));
  bytes.replace(at, patch.size(), patch);
}

void Mutator::insert(std::string& bytes) {
  bytes.insert(below(bytes.size() + 1), noise(1 + below(16)));
}

void Mutator::erase(std::string& bytes) { bytes.erase(below(bytes.size()), 1 + below(16)); }

void Mutator::repeat(std::string& bytes) {
  const size_t from = below(bytes.size());
  const std::string piece = bytes.substr(from, 1 + below(64));
  bytes.insert(below(bytes.size() + 1), piece);
}

// Lengths, sizes and counts at the edges of 31, 32, 63 and 64 bits, where arithmetic goes wrong.
void Mutator::plant_extreme_varint(std::string& bytes) {
  constexpr auto kExtremes = std::to_array<std::string_view>({
      "\xff\xff\xff\xff\x07"sv,
      "\x80\x80\x80\x80\x08"sv,
      "\xff\xff\xff\xff\x0f"sv,
      "\x80\x80\x80\x80\x10"sv,
      "\xff\xff\xff\xff\xff\xff\xff\xff\x7f"sv,
      "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"sv,
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,
  });
  bytes.replace(below(bytes.size()), 1, kExtremes[below(kExtremes.size())]);
}

void Mutator::replace_all(std::string& bytes) { bytes = noise(below(bytes.size() + 1)); }

}  // namespace fovea::test
