#include <string>

#ifdef __EMSCRIPTEN__
// Other sources are told that the library has these. But its own pass string_views by C's
// convention for structs.
template class std::basic_string<char>;
template std::string& std::string::__assign_no_alias<true>(const char*, size_t);
template std::string& std::string::__assign_no_alias<false>(const char*, size_t);
template std::string std::operator+(const char*, const std::string&);
#endif
