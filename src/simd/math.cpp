#include "simd/math.h"

namespace fovea::simd::detail {

Constants constants = {
    .inverse_ln2 = 1.44269504f,
    .ln2_high = 0.693359375f,
    .ln2_low = -2.12194440e-4f,
    .exp = {0x1.fffffcp-2f, 0x1.55548cp-3f, 0x1.5558bap-5f, 0x1.123e5ep-7f, 0x1.6a4b9cp-10f},
    .exp_lowest = -88.0f,
    .exp_magic = 12582912.0f + 127.0f,
    .gelu_numerator = {0x1.98845p-1f, 0x1.1162cep-4f, 0x1.30cc6ep-7f, 0x1.589cp-12f,
                       0x1.aad076p-17f, 0x1.91c7c4p-25f},
    .gelu_denominator = {1.0f, 0x1.00536p-2f, 0x1.d0f50ap-6f, 0x1.e75278p-10f, 0x1.2fab6ap-14f,
                         0x1.469374p-20f},
};

}  // namespace fovea::simd::detail
