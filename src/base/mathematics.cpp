// The C library's functions of doubles, by JavaScript's: their tables are 13 KB that no compression
// makes smaller. No network waits for them; those of floats that one does wait for are kernels, or
// the C library's own (expf, powf).

#ifdef __EMSCRIPTEN__
#include <emscripten/em_math.h>

#include <cmath>

extern "C" {

double acos(double x) { return emscripten_math_acos(x); }
double acosh(double x) { return emscripten_math_acosh(x); }
double asin(double x) { return emscripten_math_asin(x); }
double asinh(double x) { return emscripten_math_asinh(x); }
double atan(double x) { return emscripten_math_atan(x); }
double atanh(double x) { return emscripten_math_atanh(x); }
double cos(double x) { return emscripten_math_cos(x); }
double cosh(double x) { return emscripten_math_cosh(x); }
double exp(double x) { return emscripten_math_exp(x); }
double expm1(double x) { return emscripten_math_expm1(x); }
double log(double x) { return emscripten_math_log(x); }
double log1p(double x) { return emscripten_math_log1p(x); }
double sin(double x) { return emscripten_math_sin(x); }
double sinh(double x) { return emscripten_math_sinh(x); }
double tan(double x) { return emscripten_math_tan(x); }
double tanh(double x) { return emscripten_math_tanh(x); }

double pow(double x, double y) {
  // JavaScript's is NaN here.
  if (x == 1 || (x == -1 && std::isinf(y))) return 1;
  return emscripten_math_pow(x, y);
}

}  // extern "C"
#endif
