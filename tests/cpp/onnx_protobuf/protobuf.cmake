# test_onnx_protobuf compares our reading of ONNX with libprotobuf's, where that and the official
# onnx.proto are installed. Natively only: the reading is the same code everywhere.

find_package(Protobuf QUIET)
find_path(ONNX_PROTO_FOLDER onnx.proto
  HINTS ${PROJECT_SOURCE_DIR}/build/deps/onnx
  PATHS /usr/include/onnx /usr/local/include/onnx)
if(NOT Protobuf_FOUND OR NOT Protobuf_PROTOC_EXECUTABLE OR NOT ONNX_PROTO_FOLDER)
  message(STATUS "No libprotobuf, protoc or onnx.proto: test_onnx_protobuf is left out")
  return()
endif()

set(descriptors ${CMAKE_CURRENT_BINARY_DIR}/onnx.descriptors)
add_custom_command(
  OUTPUT ${descriptors}
  COMMAND ${Protobuf_PROTOC_EXECUTABLE}
    --descriptor_set_out=${descriptors} --proto_path=${ONNX_PROTO_FOLDER} onnx.proto
  DEPENDS ${ONNX_PROTO_FOLDER}/onnx.proto
  VERBATIM)

file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
add_executable(test_onnx_protobuf ${sources} ${descriptors})
target_link_libraries(test_onnx_protobuf PRIVATE
  fovea_onnx test_onnx_files gtest_main protobuf::libprotobuf)
target_compile_definitions(test_onnx_protobuf PRIVATE
  FOVEA_ONNX_DESCRIPTORS="${descriptors}"
  FOVEA_ONNX_TESTDATA_FOLDER="${PROJECT_SOURCE_DIR}/build/deps/onnx-testdata"
  FOVEA_MODELS_FOLDER="${PROJECT_SOURCE_DIR}/models"
  FOVEA_TEST_DATA_FOLDER="${PROJECT_SOURCE_DIR}/tests/data")
add_test(NAME onnx_protobuf COMMAND test_onnx_protobuf)
