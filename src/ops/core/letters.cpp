#include "ops/core/letters.h"

#include <algorithm>
#include <span>

#include "base/error.h"

namespace fovea {
namespace {

// Capital letters from `first` to `last`, `step` apart; each has its small letter `distance`
// behind.
struct Capitals {
  char32_t first;
  char32_t last;
  int32_t distance;
  char32_t step = 1;
};

constexpr Capitals kCapitals[] = {
    {'A', 'Z', 32},         {0xC0, 0xD6, 32},     {0xD8, 0xDE, 32},     {0x100, 0x12E, 1, 2},
    {0x132, 0x136, 1, 2},   {0x139, 0x147, 1, 2}, {0x14A, 0x176, 1, 2}, {0x178, 0x178, -121},
    {0x179, 0x17D, 1, 2},   {0x386, 0x386, 38},   {0x388, 0x38A, 37},   {0x38C, 0x38C, 64},
    {0x38E, 0x38F, 63},     {0x391, 0x3A1, 32},   {0x3A3, 0x3AB, 32},   {0x400, 0x40F, 80},
    {0x410, 0x42F, 32},     {0x460, 0x480, 1, 2}, {0x48A, 0x4BE, 1, 2}, {0x4C0, 0x4C0, 15},
    {0x4C1, 0x4CD, 1, 2},   {0x4D0, 0x52E, 1, 2}, {0x531, 0x556, 48},   {0x1E00, 0x1E94, 1, 2},
    {0x1EA0, 0x1EFE, 1, 2}, {0xFF21, 0xFF3A, 32},
};

// Mapped one way alone.
struct Mapping {
  char32_t from;
  char32_t to;
};

constexpr Mapping kOnlyToLower[] = {{0x130, 'i'}, {0x1E9E, 0xDF}};
constexpr Mapping kOnlyToUpper[] = {{0xB5, 0x39C}, {0x131, 'I'}, {0x17F, 'S'}, {0x3C2, 0x3A3}};

struct Range {
  char32_t first;
  char32_t last;
};

// Where Unicode has letters with cases that the tables above have not.
constexpr Range kUnknown[] = {
    {0x180, 0x24F},     {0x250, 0x2AF},     {0x345, 0x345},     {0x370, 0x373},
    {0x376, 0x377},     {0x37B, 0x37D},     {0x37F, 0x37F},     {0x3CF, 0x3FF},
    {0x10A0, 0x10FF},   {0x13A0, 0x13FF},   {0x1C80, 0x1CBF},   {0x1D79, 0x1D8E},
    {0x1E9B, 0x1E9B},   {0x1F00, 0x1FFF},   {0x2126, 0x2126},   {0x212A, 0x212B},
    {0x2132, 0x2132},   {0x214E, 0x214E},   {0x2160, 0x2188},   {0x24B6, 0x24E9},
    {0x2C00, 0x2D2D},   {0xA640, 0xA69B},   {0xA722, 0xA7F6},   {0xAB53, 0xABBF},
    {0x10400, 0x104FB}, {0x10570, 0x105BC}, {0x10C80, 0x10CF2}, {0x10D50, 0x10D85},
    {0x118A0, 0x118DF}, {0x16E40, 0x16E7F}, {0x1E900, 0x1E943}};

[[noreturn]] void reject_text() {
  fail(ErrorCode::InvalidInput, "a string is no UTF-8, which operators on text need");
}

bool is_known(char32_t character) {
  return std::ranges::none_of(kUnknown, [&](const Range& range) {
    return character >= range.first && character <= range.last;
  });
}

char32_t mapped(char32_t character, bool to_upper) {
  const std::span<const Mapping> one_way =
      to_upper ? std::span<const Mapping>(kOnlyToUpper) : std::span<const Mapping>(kOnlyToLower);
  for (const Mapping& mapping : one_way) {
    if (mapping.from == character) return mapping.to;
  }
  for (const Capitals& capitals : kCapitals) {
    const auto distance = static_cast<char32_t>(capitals.distance);
    const char32_t capital = to_upper ? character - distance : character;
    const bool has = capital >= capitals.first && capital <= capitals.last &&
                     (capital - capitals.first) % capitals.step == 0;
    if (has) return to_upper ? capital : character + distance;
  }
  return character;
}

std::string in_case(std::string_view text, bool to_upper) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const char32_t character = read_character(text, at);
    if (!is_known(character)) {
      fail(ErrorCode::UnsupportedAttribute, "the case of character number ",
           static_cast<uint32_t>(character),
           " cannot be changed: only Latin, Greek, Cyrillic and "
           "Armenian letters in use are known");
    }
    append_character(out, mapped(character, to_upper));
  }
  return out;
}

}  // namespace

char32_t read_character(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  size_t length = 1;
  if (first >= 0x80) length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if ((first >= 0x80 && first < 0xC2) || first > 0xF4 || text.size() - at < length) reject_text();
  char32_t character = length == 1 ? first : first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) reject_text();
    character = character << 6 | (byte(at + i) & 0x3F);
  }
  constexpr char32_t kFirstOfLength[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_half = character >= 0xD800 && character <= 0xDFFF;
  if (character < kFirstOfLength[length] || character > 0x10FFFF || is_half) reject_text();
  at += length;
  return character;
}

void append_character(std::string& text, char32_t character) {
  const auto add = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (character < 0x80) return add(character);
  const int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  add((0xFF00u >> (more + 1) & 0xFF) | character >> (6 * more));
  for (int i = more - 1; i >= 0; --i) add(0x80 | (character >> (6 * i) & 0x3F));
}

bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

std::string to_lower_case(std::string_view text) { return in_case(text, false); }
std::string to_upper_case(std::string_view text) { return in_case(text, true); }

}  // namespace fovea
