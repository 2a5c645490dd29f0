#pragma once

#include <string>
#include <vector>

// The tests' files by their paths, with '/' between folders. Not std::filesystem: in WebAssembly
// the library passes structs by C's convention and all that is compiled here does not.
namespace fovea::test {

bool exists(const std::string& path);

// The paths of all that is in a folder, in the order of their names; nothing where there is no such
// folder.
std::vector<std::string> entries_of(const std::string& folder);

// What follows the last '/', and what comes before it.
std::string name_of_file(const std::string& path);
std::string folder_of(const std::string& path);

// All bytes of a file; none where there is no such file.
std::string read_file(const std::string& path);

}  // namespace fovea::test
