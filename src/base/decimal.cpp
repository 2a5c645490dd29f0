#include "base/decimal.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <string_view>

#ifdef __EMSCRIPTEN__
#include <emscripten/em_js.h>
#endif

namespace fovea {
namespace {

// More than the digits of the largest double.
using Characters = char[328];

// print and read_number: with `digits` digits after the point, as C's %.*e and %.*f; and its
// strtod.
#ifdef __EMSCRIPTEN__
// JavaScript does both, and C's own are 20 KB of program.
EM_JS_DEPS(fovea_decimal, "$stringToUTF8,$UTF8ToString");

// clang-format off
EM_JS(void, fovea_print, (double value, int digits, bool scientific, char* to, size_t room), {
  const write = scientific ? 'toExponential' : 'toFixed';
  let text = value[write](digits);
  // Of two numbers that are as near, C takes the even one, JavaScript the larger.
  const tie = /[.]?50{39}(?=e|$)/;
  const exact = value[write](digits + 40);
  const below = exact.replace(tie, "");
  if (below !== exact && /^[^e]*[02468](e|$)/.test(below)) text = below;
  if (!scientific && text.includes('e')) text = BigInt(value) + '.' + '0'.repeat(digits);
  if (Object.is(value, -0)) text = '-' + text;
  stringToUTF8(text.replace(/e(.)([0-9])$/, 'e$10$2'), to, room);
});

EM_JS(double, fovea_read_number, (const char* word), { return Number(UTF8ToString(word)); });
// clang-format on

void print(double value, int digits, bool scientific, Characters& to) {
  fovea_print(value, digits, scientific, to, sizeof to);
}

double read_number(const char* word) { return fovea_read_number(word); }
#else
void print(double value, int digits, bool scientific, Characters& to) {
  std::snprintf(to, sizeof to, scientific ? "%.*e" : "%.*f", digits, value);
}

double read_number(const char* word) {
  char* end = nullptr;
  const double value = std::strtod(word, &end);
  return *end == 0 ? value : std::numeric_limits<double>::quiet_NaN();
}
#endif

}  // namespace

std::string decimal_text(double value, bool single) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-INF" : "INF";
  const int most =
      single ? std::numeric_limits<float>::max_digits10 : std::numeric_limits<double>::max_digits10;
  Characters text;
  int digits = 0;
  bool same = false;
  while (!same && digits < most) {
    print(value, digits++, true, text);
    const double read = read_number(text);
    same = single ? static_cast<float>(read) == static_cast<float>(value) : read == value;
  }
  const int exponent = std::atoi(text + std::string_view(text).rfind('e') + 1);
  // Python writes numbers of other sizes with an exponent.
  if (exponent >= -4 && exponent < 16)
    print(value, std::max(digits - 1 - exponent, 0), false, text);
  return text;
}

std::string fixed_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  Characters text;
  print(value, 6, false, text);
  return text;
}

std::string integer_text(uint64_t value) {
  char digits[std::numeric_limits<uint64_t>::digits10 + 1];
  char* first = std::end(digits);
  do {
    *--first = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  return {first, std::end(digits)};
}

std::string integer_text(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  return value < 0 ? "-" + integer_text(-bits) : integer_text(bits);
}

double decimal_number(const std::string& word) {
  // What else strtod and Number take, such as hexadecimal digits and names, differs between them.
  const size_t start = word.find_first_not_of(" \t\n\v\f\r");
  const bool decimal = start != std::string::npos &&
                       word.find_first_not_of("+-.0123456789eE", start) == std::string::npos;
  return decimal ? read_number(word.c_str()) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace fovea
