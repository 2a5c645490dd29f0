#!/bin/sh
# The Node that Emscripten runs while it links: embind lists what an engine offers by loading it
# (-sEMBIND_AOT), and Node before 21 has to be asked for relaxed SIMD.
case $(node --version) in
  v1?.* | v20.*) flag=--experimental-wasm-relaxed-simd ;;
  *) flag= ;;
esac
exec node $flag "$@"
