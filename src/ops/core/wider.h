#pragma once

#include "base/dtype_set.h"
#include "base/minifloat.h"
#include "kernels/elementwise/convert.h"
#include "ops/op.h"

// Most operators have kernels for the element types that models compute with, not for each of a
// dozen. Those in between are computed in the narrowest type with a kernel that holds all their
// values, between two conversions.
namespace fovea {

// How values become elements of less than 16 bits, see base/minifloat.h.
struct Narrowing {
  bool saturate = true;
  ScaleRounding rounding = ScaleRounding::Up;
};

// A conversion between any two numeric types (kernels/elementwise/convert.h), by few functions:
// where no usual one is meant, through the widest type of the source's kind.
class ElementConversion {
 public:
  // Throws Error(UnsupportedAttribute) for types that are no numbers.
  ElementConversion(DType from, DType to, Narrowing narrowing = {});
  // All of `count` elements.
  void run(const std::byte* from, std::byte* to, int64_t count, ThreadPool& pool) const;
  // A tensor of type `from` as one of type `to`.
  Tensor of(const Tensor& tensor) const;

 private:
  union Block;

  void run_part(const std::byte* from, std::byte* to, int64_t count) const;
  void read(const std::byte* from, Block& block, int64_t count) const;
  void write(const Block& block, std::byte* to, int64_t count) const;
  void write_codes(const Block& block, uint8_t* codes, int64_t count) const;

  DType from_;
  DType to_;
  DType wide_;  // of a block
  Narrowing narrowing_;
  kernels::ConvertRow direct_;  // null: by a block
  kernels::ConvertRow read_ = nullptr;
  kernels::ConvertRow write_ = nullptr;
};

// The type that elements of `dtype` are computed in: itself, or the narrowest of `natives` that
// holds all its values. Throws Error(UnsupportedAttribute) where there is none.
DType computed_in(DType dtype, DTypeSet natives);

// The kernel that `plan` makes for the node with `wide` in the place of input 0's element type,
// among inputs and outputs alike. They are converted in scratch memory, constants when
// planning.
Kernel plan_in(PlanContext& context, DType wide, PlanRule plan);

// Makes of `kPlan`, which has kernels for input 0 of the types kNatives, a rule for others as well.
template <PlanRule kPlan, const DTypeSet& kNatives>
Kernel plan_through(PlanContext& context) {
  const DType dtype = context.dtype(0), wide = computed_in(dtype, kNatives);
  return wide == dtype ? kPlan(context) : plan_in(context, wide, kPlan);
}

// What holds every number. Where models compute much with int32, it has kernels of its own.
inline constexpr DTypeSet kWidestTypes = {DType::Float, DType::Double, DType::Int64, DType::Uint64};
inline constexpr DTypeSet kArithmeticTypes = {DType::Float, DType::Double, DType::Int32,
                                              DType::Int64, DType::Uint64};

}  // namespace fovea
