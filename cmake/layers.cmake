# fovea_layer(NAME DEPENDS layer... PRIVATE library... [SMALL]): the sources of src/NAME as one
# library. Every .cpp below the folder belongs to it, so a new file needs no line here. A SMALL layer
# works once per model or step, not per element: a browser spends more time on loading and compiling
# its functions than on running them. The others compute, by the best instructions there are; of their
# sources some are compiled for size all the same, such as *_small.cpp: no network waits for what is in these.

include(cmake/precompiled_headers.cmake)

function(fovea_layer name)
  cmake_parse_arguments(LAYER "SMALL" "" "DEPENDS;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(TRANSFORM LAYER_DEPENDS PREPEND fovea_ OUTPUT_VARIABLE depends)
  if(sources)
    add_library(fovea_${name} STATIC ${sources})
    target_link_libraries(fovea_${name} PUBLIC fovea_flags ${depends} PRIVATE ${LAYER_PRIVATE})
    if(LAYER_SMALL)
      fovea_compile_for_size(fovea_${name})
      if(FOVEA_SANITIZE)
        fovea_compile_quickly(fovea_${name})
      endif()
    endif()
    if(NOT LAYER_SMALL)
      fovea_compile_rest_for_size(${sources})
      target_link_libraries(fovea_${name} PRIVATE fovea_instructions)
      fovea_precompile_headers(fovea_${name} fast)
    elseif("ops" IN_LIST LAYER_DEPENDS OR name STREQUAL "ops")
      fovea_precompile_headers(fovea_${name} operators ops/meaning.h ops/op.h ops/core/kernel.h)
    else()
      fovea_precompile_headers(fovea_${name} small)
    endif()
  else()
    add_library(fovea_${name} INTERFACE)
    target_link_libraries(fovea_${name} INTERFACE fovea_flags ${depends})
  endif()
endfunction()

# protozero is header-only. Its headers are copied to a folder of their own: with all of
# /usr/include on the search path Emscripten would find the host's C library.
find_path(PROTOZERO_HEADERS protozero/pbf_reader.hpp
  HINTS ${PROJECT_SOURCE_DIR}/build/deps/include
  PATHS /usr/include /usr/local/include /opt/homebrew/include
  REQUIRED NO_CMAKE_FIND_ROOT_PATH)
file(COPY ${PROTOZERO_HEADERS}/protozero DESTINATION ${CMAKE_BINARY_DIR}/protozero-include)
add_library(protozero INTERFACE)
target_include_directories(protozero SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/protozero-include)

# kOpTable is written from the names of the files in src/ops: each <file>.cpp there must define
# <file>_ops, or the program does not link.
function(fovea_generate_op_table)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/src/ops ${PROJECT_SOURCE_DIR}/src/ops/*.cpp)
  set(declarations "")
  set(families "")
  foreach(file ${files})
    string(REGEX REPLACE "\\.cpp$" "" name ${file})
    string(APPEND declarations "extern const OpFamily ${name}_ops;\n")
    string(APPEND families "    &${name}_ops,\n")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/op_table.cpp CONTENT
"#include \"ops/op.h\"

namespace fovea {

${declarations}
namespace {
constexpr const OpFamily* kFamilies[] = {
${families}};
}

constinit const OpTable kOpTable(kFamilies);

}  // namespace fovea
")
  target_sources(fovea_ops PRIVATE ${CMAKE_BINARY_DIR}/generated/op_table.cpp)
endfunction()
