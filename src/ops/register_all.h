#pragma once

namespace fovea {

class OpTable;

// Generated at configure time: calls register_<file> of every src/ops/<file>.cpp, so that a file
// without one does not link.
void register_all(OpTable& table);

}  // namespace fovea
