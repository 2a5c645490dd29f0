#pragma once

// How the compiler shall treat the loop that follows. Accumulators stay in registers only if the
// loops over them are unrolled; the loop over K must not be, or loads are hoisted until registers
// spill (65 -> 31 GFLOP/s in V8).
#ifdef __clang__
#define FOVEA_UNROLL _Pragma("clang loop unroll(full)")
#define FOVEA_NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define FOVEA_UNROLL _Pragma("GCC unroll 16")
#define FOVEA_NO_UNROLL _Pragma("GCC unroll 1")
#endif
