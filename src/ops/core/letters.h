#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// What strings are made of: Unicode characters in UTF-8, and their cases.
namespace fovea {

// The character that begins at `at`, which moves behind it. Throws Error(InvalidInput) for what is
// no UTF-8.
char32_t read_character(std::string_view text, size_t& at);

void append_character(std::string& text, char32_t character);

// By Unicode's property White_Space, and the separators U+001C to U+001F that Python adds.
bool is_space(char32_t character);

// The text in one case, by Unicode's simple mappings of a character to a character. Throws
// Error(UnsupportedAttribute) for letters of scripts with cases that are not known here: Latin,
// Greek, Cyrillic and Armenian are, except historic and phonetic letters.
std::string to_lower_case(std::string_view text);
std::string to_upper_case(std::string_view text);

}  // namespace fovea
