#!/bin/sh
# The Node that Emscripten runs while it links: embind lists what an engine offers by loading it
# (-sEMBIND_AOT), and Node before 22 has to be asked for relaxed SIMD.
flag=--experimental-wasm-relaxed-simd
node $flag -e 0 2>/dev/null || flag=
exec node $flag "$@"
