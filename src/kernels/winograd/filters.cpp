#include "kernels/winograd/filters.h"

namespace fovea::kernels::winograd {

constexpr float kA = 0.75f, kB = 1.5f;

F4::Factors F4::factors = {.a = kA,
                           .a2 = kA * kA,
                           .a3 = kA * kA * kA,
                           .b = kB,
                           .b2 = kB * kB,
                           .b3 = kB * kB * kB,
                           .sum = kA * kA + kB * kB,
                           .product = kA * kA * kB * kB};

EightPositions::Factors EightPositions::factors = {.two = 2,
                                                   .four = 4,
                                                   .eight = 8,
                                                   .sixteen = 16,
                                                   .thirty_two = 32,
                                                   .five = 5,
                                                   .seventeen_quarters = 17.0f / 4,
                                                   .twenty_one_quarters = 21.0f / 4};

}  // namespace fovea::kernels::winograd
