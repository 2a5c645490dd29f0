# Most of a source's compile time goes into reading headers, so those that most sources include are
# precompiled. Sources include what they use all the same: with CMAKE_DISABLE_PRECOMPILE_HEADERS
# everything still compiles.

set(FOVEA_STANDARD_HEADERS
  <algorithm> <array> <bit> <cmath> <cstddef> <cstdint> <cstring> <functional> <initializer_list>
  <limits> <map> <memory> <numeric> <optional> <span> <stdexcept> <string> <string_view> <type_traits>
  <utility> <vector>)

# fovea_precompile_headers(TARGET GROUP [HEADER...]): gives a target the precompiled headers of its
# group, which the group's first target compiles. The targets of a group have the same flags. Its
# headers are the standard library's and those named: <system> ones, or the project's as in src.
function(fovea_precompile_headers target group)
  get_property(first GLOBAL PROPERTY fovea_headers_of_${group})
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
    return()
  endif()
  set_property(GLOBAL PROPERTY fovea_headers_of_${group} ${target})
  set(own ${ARGN})
  list(FILTER own EXCLUDE REGEX "^<")
  list(FILTER ARGN INCLUDE REGEX "^<")
  list(TRANSFORM own PREPEND ${PROJECT_SOURCE_DIR}/src/)
  target_precompile_headers(${target} PRIVATE ${FOVEA_STANDARD_HEADERS} ${ARGN} ${own})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    fovea_identify_precompiled_headers(${target} "${ARGN}" "${own}")
  endif()
endfunction()

# Clang's precompiled headers hold the folder they were made in. For ccache to find what another build
# folder compiled, it compares the file written here instead (CCACHE_PCH_EXTSUM in enter-root.sh): the
# headers' names and, where the project's own are among them, the contents of all that they can include.
function(fovea_identify_precompiled_headers target system own)
  set(identity "${FOVEA_STANDARD_HEADERS};${system}\n")
  if(own)
    file(GLOB_RECURSE included CONFIGURE_DEPENDS
      ${PROJECT_SOURCE_DIR}/src/base/*.h ${PROJECT_SOURCE_DIR}/src/tensor/*.h
      ${PROJECT_SOURCE_DIR}/src/graph/*.h ${PROJECT_SOURCE_DIR}/src/threads/*.h)
    list(APPEND included ${own})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${included})
    foreach(header ${included})
      file(SHA256 ${header} hash)
      string(APPEND identity "${hash}\n")
    endforeach()
  endif()
  file(CONFIGURE OUTPUT CMakeFiles/${target}.dir/cmake_pch.hxx.pch.sum CONTENT "${identity}")
endfunction()
