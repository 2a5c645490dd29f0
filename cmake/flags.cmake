# Compiler and linker flags shared by every target, each with its reason.

add_library(fovea_flags INTERFACE)
target_include_directories(fovea_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(fovea_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # f32x4's portable fallback passes 16-byte vectors by value; g++ warns about a decade-old ABI change.
  target_compile_options(fovea_flags INTERFACE -Wno-psabi)
endif()
# pthreads: shared memory and atomics in WebAssembly, libpthread natively. Atomics do without shared memory,
# so that objects are the same with threads and without, and ccache finds them.
if(FOVEA_THREADS)
  target_compile_options(fovea_flags INTERFACE -pthread)
  target_link_options(fovea_flags INTERFACE -pthread)
elseif(EMSCRIPTEN)
  target_compile_options(fovea_flags INTERFACE $<$<NOT:$<BOOL:$<TARGET_PROPERTY:KNOWS_THREADS>>>:-pthread>)
endif()

# For a target that asks whether there are threads, or has variables of its own in each. Without shared
# memory wasm-ld links the latter to wrong addresses where they are compiled for threads.
function(fovea_knows_threads target)
  # Headers are precompiled for those that do not.
  set_target_properties(${target} PROPERTIES KNOWS_THREADS ON DISABLE_PRECOMPILE_HEADERS ON)
  if(FOVEA_THREADS)
    target_compile_definitions(${target} PRIVATE FOVEA_THREADS=1)
  endif()
endfunction()

# The engine's in WebAssembly, and that of tests of what recurses.
set(FOVEA_STACK_SIZE 128KB)

if(EMSCRIPTEN)
  # Native WebAssembly exceptions: no JavaScript trampolines around calls, no eval.
  add_compile_options(-fwasm-exceptions)
  add_link_options(-fwasm-exceptions)
  add_compile_options(-msimd128)
  # Every browser with SIMD has these: without them each conversion of a float to an integer is a branch.
  add_compile_options(-mnontrapping-fptoint)
  # The names of types, lambdas' above all, were a tenth of the program. embind then knows types by
  # number alone.
  add_compile_options(-fno-rtti -DEMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)
  add_link_options(-fno-rtti)
  # libc++'s other std::function, that of its next ABI: half the code for each of hundreds of kernels.
  add_compile_options(-D_LIBCPP_ABI_OPTIMIZED_FUNCTION)
  # Its functions are small: browsers optimise the large one of Emscripten's usual allocator before any
  # kernel, which takes 3% of a cold start.
  add_link_options(-sMALLOC=emmalloc)
  # The checkout's package.json makes every .js an ES module, which these programs are not.
  foreach(folder tests bench)
    file(WRITE ${CMAKE_BINARY_DIR}/${folder}/package.json "{ \"type\": \"commonjs\" }\n")
  endforeach()
elseif(FOVEA_SANITIZE)
  add_compile_options(-fsanitize=${FOVEA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FOVEA_SANITIZE})
endif()

# What a target that uses these does depends on the instructions there are. All others are compiled to
# the same objects with and without relaxed SIMD, which ccache then finds.
add_library(fovea_instructions INTERFACE)
target_compile_definitions(fovea_instructions INTERFACE FOVEA_KNOWS_INSTRUCTIONS)
if(EMSCRIPTEN AND FOVEA_RELAXED_SIMD)
  target_compile_options(fovea_instructions INTERFACE -mrelaxed-simd)
endif()
if(FOVEA_SPREAD_LANES)
  target_compile_definitions(fovea_instructions INTERFACE FOVEA_SPREAD_LANES)
endif()

# For what takes far longer to compile than to run: tests and, where sanitizers swell the code, SMALL layers.
function(fovea_compile_quickly target)
  if(EMSCRIPTEN OR FOVEA_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

function(fovea_compile_for_size target)
  # -Oz's own limit, for what is declared inline as well. A browser compiles each function when it is first
  # called, which takes as long for a tiny one as for 250 bytes of another; but 20 makes 2% more to fetch.
  target_compile_options(${target} PRIVATE
    $<$<CONFIG:Release>:-Oz>
    $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:Clang>>:SHELL:-mllvm -inline-threshold=5>)
endfunction()

# Sources of a target that is compiled for speed, but neither convolve nor multiply matrices: they wait for
# memory more than for their loops. With -Os the compiler makes vectors only of loops whose number of turns it knows
# and that leaves no rest, and unrolls none: what has to be fast is written as vectors.
function(fovea_compile_rest_for_size)
  list(FILTER ARGN INCLUDE REGEX
    "_small\\.cpp$|/kernels/(movement|reduction|resize|signal)/|/src/image/")
  if(ARGN)
    set_source_files_properties(${ARGN} PROPERTIES
      COMPILE_OPTIONS $<$<CONFIG:Release>:-Os> SKIP_PRECOMPILE_HEADERS ON)
  endif()
endfunction()
