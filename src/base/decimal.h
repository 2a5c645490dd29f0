#pragma once

#include <cstdint>
#include <string>

namespace fovea {

// The shortest decimal number that is read back as `value` or, where it is `single`, as the same
// float: as Python writes it, with an exponent only below 1e-4 and from 1e16 on. Others are NaN,
// INF and -INF.
std::string decimal_text(double value, bool single);

// With six digits after the point, as C's %f.
std::string fixed_text(double value);

// The digits of a whole number, after a minus where it is negative.
std::string integer_text(uint64_t value);
std::string integer_text(int64_t value);

// The number that the whole word is in decimal digits, with or without an exponent; NaN if it is
// none.
double decimal_number(const std::string& word);

}  // namespace fovea
