#include "support/files.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace fovea::test {

bool exists(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0;
}

std::vector<std::string> entries_of(const std::string& folder) {
  std::vector<std::string> paths;
  const auto close = [](DIR* open) { closedir(open); };
  const std::unique_ptr<DIR, decltype(close)> open(opendir(folder.c_str()));
  if (!open) return paths;
  while (const dirent* entry = readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") paths.push_back(folder + '/' + name);
  }
  std::ranges::sort(paths);
  return paths;
}

std::string name_of_file(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

std::string read_file(const std::string& path) {
  std::string bytes;
  const auto close = [](std::FILE* open) { std::fclose(open); };
  const std::unique_ptr<std::FILE, decltype(close)> open(std::fopen(path.c_str(), "rb"));
  if (!open) return bytes;
  char part[1 << 16];
  while (const size_t read = std::fread(part, 1, sizeof part, open.get())) bytes.append(part, read);
  return bytes;
}

}  // namespace fovea::test
