#pragma once

#include "session/loading.h"

namespace fovea {

// See Session::receptive_field().
ReceptiveField receptive_field_of(const Loaded& model, const SessionOptions& options,
                                  ThreadPool& pool, const FieldRequest& request);

}  // namespace fovea
