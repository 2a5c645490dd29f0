#pragma once

#include <functional>

#include "quantise/judge.h"
#include "quantise/subject.h"

namespace fovea::quantise {

// Sets the ranges of all values by the options' method. With Method::Auto it is MinMax at first.
void choose_ranges(Subject& subject);

// With Method::Auto: gives the values of the layers that lose most another range where the outputs
// come closer to the float model's. Layers are fitted.
Task<bool> improve_ranges(Subject& subject, Judge& judge);

// Finds out what each layer loses by itself; of a long network those with the most noise only.
Task<bool> try_layers(Subject& subject, Judge& judge);

// Lets layers stay float, those first by which most is regained for each multiplication that then
// takes longer, until the loss is within the budget; fits the others anew. Gives the loss that is
// left.
Task<Loss> hold_budget(Subject& subject, Judge& judge);

}  // namespace fovea::quantise
