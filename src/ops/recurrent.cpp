// Recurrent networks of one layer: RNN, GRU, LSTM.

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>

#include "base/integers.h"
#include "ops/core/recurrence.h"

namespace fovea {
namespace {

constexpr int kWeights = 1, kRecurrentWeights = 2, kBias = 3, kLengths = 4, kInitialHidden = 5,
              kInitialCell = 6, kPeepholes = 7;

CellKind kind_of(const NodeContext& context) {
  const std::string_view op = context.node().op_type;
  if (op == "LSTM") return {4, {"Sigmoid", "Tanh", "Tanh"}};
  if (op == "GRU") return {3, {"Sigmoid", "Tanh"}};
  return {1, {"Tanh"}};
}

void infer_recurrent(InferContext& context) {
  const Recurrence recurrence(context, kind_of(context));
  context.set_output(0, context.dtype(0), recurrence.sequence());
  context.set_output(1, context.dtype(0), recurrence.state());
  context.set_output(2, context.dtype(0), recurrence.state());
}

int64_t macs_of_recurrent(const NodeContext& context, const Shape&) {
  const Recurrence size(context, kind_of(context));
  const int64_t rows = saturating_product(size.steps, size.batches * size.directions);
  const int64_t of_row = saturating_product(size.gates * size.hidden, size.inputs + size.hidden);
  return saturating_product(rows, of_row);
}

// Rows of a step: what its input gave for the gates, which what the state gives is added to.
template <class T>
struct StepRows {
  T* gates;
  int64_t step;  // elements from one batch to the next
  int64_t batches;
};

// A cell of one direction, and its state for every batch.
template <class T>
class Cell {
 public:
  Cell(const ComputeContext& context, const Recurrence& size, int64_t direction)
      : size_(size),
        activations_(size.activations.data() +
                     std::ssize(size.activations) / size.directions * direction),
        context_(context),
        direction_(direction),
        bias_(of_direction(context, kBias, direction)),
        hidden_(initial(context, kInitialHidden, direction)) {}
  virtual ~Cell() = default;

  // The gates' sums of products become the next state of the batches for which there is a step.
  virtual void advance(const StepRows<T>& rows, std::span<const bool> there) = 0;
  // What is added to the products of input and weights, gate by gate.
  virtual std::vector<T> input_bias() const;
  virtual const std::vector<T>* cell() const { return nullptr; }

  const std::vector<T>& hidden() const { return hidden_; }
  RecurrentProduct<T> input_product() const {
    return product(kWeights, 0, size_.gates, input_bias().data());
  }

 protected:
  // Products with the weights of some gates, and with those alone.
  RecurrentProduct<T> product(int weights, int64_t first_gate, int64_t gates, const T* bias) const;
  // An input's elements for one direction; null where the node leaves it out.
  static const T* of_direction(const ComputeContext& context, int input, int64_t direction) {
    if (!context.has_input(input)) return nullptr;
    const Shape& shape = context.shape(input);
    return context.tensor(input).template as<T>().data() +
           direction * shape.elements(1, shape.rank());
  }
  // A state's rows, batch after batch.
  std::vector<T> initial(const ComputeContext& context, int input, int64_t direction) const {
    const int64_t count = size_.hidden;
    std::vector<T> state(static_cast<size_t>(size_.batches * count));
    if (!context.has_input(input)) return state;
    const T* from = context.tensor(input).template as<T>().data();
    for (int64_t batch = 0; batch < size_.batches; ++batch) {
      std::copy_n(from + size_.state_row(direction, batch) * count, count,
                  state.data() + batch * count);
    }
    return state;
  }
  // Adds the products with the states to the first of the gates.
  void add_state(const RecurrentProduct<T>& product, const StepRows<T>& rows) const {
    product.multiply(hidden_.data(), rows.batches, rows.gates, rows.step, true, context_.pool());
  }
  // Calls row(gates, batch) for all batches that are there.
  template <class Row>
  void for_rows(const StepRows<T>& rows, std::span<const bool> there, const Row& row) {
    for (int64_t batch = 0; batch < rows.batches; ++batch) {
      if (there[static_cast<size_t>(batch)]) row(rows.gates + batch * rows.step, batch);
    }
  }

  const Recurrence& size_;
  const CellActivation* activations_;
  const ComputeContext& context_;
  int64_t direction_;
  const T* bias_;  // of the input's products, then of the state's; null for none
  std::vector<T> hidden_;
};

template <class T>
std::vector<T> Cell<T>::input_bias() const {
  const int64_t count = size_.gates * size_.hidden;
  std::vector<T> sums(static_cast<size_t>(count));
  if (bias_) std::transform(bias_, bias_ + count, bias_ + count, sums.begin(), std::plus());
  return sums;
}

template <class T>
RecurrentProduct<T> Cell<T>::product(int weights, int64_t first_gate, int64_t gates,
                                     const T* bias) const {
  const int64_t columns = gates * size_.hidden, depth = context_.shape(weights)[2];
  const T* matrix = of_direction(context_, weights, direction_) + first_gate * size_.hidden * depth;
  const std::string key = text("recurrent ", weights, ' ', first_gate, ' ', direction_);
  return {
      context_.prepacked({weights, kBias}, key,
                         [&] { return RecurrentProduct<T>::pack(matrix, bias, columns, depth); }),
      columns, depth};
}

template <class T>
class RnnCell final : public Cell<T> {
 public:
  RnnCell(const ComputeContext& context, const Recurrence& size, int64_t direction)
      : Cell<T>(context, size, direction),
        product_(this->product(kRecurrentWeights, 0, 1, nullptr)) {}

  void advance(const StepRows<T>& rows, std::span<const bool> there) override {
    const int64_t count = this->size_.hidden;
    this->add_state(product_, rows);
    this->for_rows(rows, there, [&](T* gates, int64_t batch) {
      this->activations_[0].apply(gates, count);
      std::copy_n(gates, count, this->hidden_.data() + batch * count);
    });
  }

 private:
  RecurrentProduct<T> product_;
};

// Gates: update, reset, hidden.
template <class T>
class GruCell final : public Cell<T> {
 public:
  GruCell(const ComputeContext& context, const Recurrence& size, int64_t direction)
      : Cell<T>(context, size, direction),
        linear_first_(context.attributes().get_int("linear_before_reset", 0) != 0),
        gates_product_(this->product(kRecurrentWeights, 0, 2, nullptr)),
        hidden_product_(
            this->product(kRecurrentWeights, 2, 1,
                          linear_first_ && this->bias_ ? this->bias_ + 5 * size.hidden : nullptr)),
        reset_(this->hidden_.size()) {}

  std::vector<T> input_bias() const override {
    std::vector<T> sums = Cell<T>::input_bias();
    if (!linear_first_ || !this->bias_) return sums;
    const int64_t hidden_gate = 2 * this->size_.hidden;
    std::copy_n(this->bias_ + hidden_gate, this->size_.hidden, sums.data() + hidden_gate);
    return sums;
  }

  void advance(const StepRows<T>& rows, std::span<const bool> there) override {
    const int64_t count = this->size_.hidden;
    const T* before = this->hidden_.data();
    this->add_state(gates_product_, rows);
    if (linear_first_) {
      hidden_product_.multiply(before, rows.batches, reset_.data(), count, false,
                               this->context_.pool());
    }
    this->for_rows(rows, there, [&](T* gates, int64_t batch) {
      this->activations_[0].apply(gates, 2 * count);
      T* reset = reset_.data() + batch * count;
      for (int64_t i = 0; i < count; ++i) {
        if (linear_first_) {
          gates[2 * count + i] += gates[count + i] * reset[i];
        } else {
          reset[i] = gates[count + i] * before[batch * count + i];
        }
      }
    });
    if (!linear_first_) {
      hidden_product_.multiply(reset_.data(), rows.batches, rows.gates + 2 * count, rows.step, true,
                               this->context_.pool());
    }
    this->for_rows(rows, there, [&](T* gates, int64_t batch) {
      this->activations_[1].apply(gates + 2 * count, count);
      T* state = this->hidden_.data() + batch * count;
      for (int64_t i = 0; i < count; ++i) {
        state[i] = (1 - gates[i]) * gates[2 * count + i] + gates[i] * state[i];
      }
    });
  }

 private:
  bool linear_first_;
  RecurrentProduct<T> gates_product_;
  RecurrentProduct<T> hidden_product_;
  std::vector<T> reset_;  // what the reset gate left of the state, or is applied to
};

// Gates: input, output, forget, cell.
template <class T>
class LstmCell final : public Cell<T> {
 public:
  LstmCell(const ComputeContext& context, const Recurrence& size, int64_t direction)
      : Cell<T>(context, size, direction),
        couples_(context.attributes().get_int("input_forget", 0) != 0),
        product_(this->product(kRecurrentWeights, 0, 4, nullptr)),
        peepholes_(this->of_direction(context, kPeepholes, direction)),
        cell_(this->initial(context, kInitialCell, direction)) {
    // ONNX's text would have the cell clipped for its activation, too; other engines do not.
    output_ = this->activations_[2];
    output_.clip = std::numeric_limits<float>::infinity();
  }

  const std::vector<T>* cell() const override { return &cell_; }

  void advance(const StepRows<T>& rows, std::span<const bool> there) override {
    const int64_t count = this->size_.hidden;
    this->add_state(product_, rows);
    this->for_rows(rows, there, [&](T* gates, int64_t batch) {
      T *input = gates, *output = gates + count, *forget = gates + 2 * count;
      T *next = gates + 3 * count, *cell = cell_.data() + batch * count;
      const CellActivation& gate = this->activations_[0];
      peep(input, cell, 0);
      peep(forget, cell, 2);
      gate.apply(input, count);
      gate.apply(forget, count);
      this->activations_[1].apply(next, count);
      for (int64_t i = 0; i < count; ++i) {
        cell[i] = (couples_ ? 1 - input[i] : forget[i]) * cell[i] + input[i] * next[i];
      }
      peep(output, cell, 1);
      gate.apply(output, count);
      T* state = std::copy_n(cell, count, this->hidden_.data() + batch * count) - count;
      output_.apply(state, count);
      for (int64_t i = 0; i < count; ++i) state[i] *= output[i];
    });
  }

 private:
  // Shows a gate the cell.
  void peep(T* gate, const T* cell, int64_t which) const {
    if (!peepholes_) return;
    const T* weights = peepholes_ + which * this->size_.hidden;
    for (int64_t i = 0; i < this->size_.hidden; ++i) gate[i] += weights[i] * cell[i];
  }

  bool couples_;
  RecurrentProduct<T> product_;
  const T* peepholes_;
  std::vector<T> cell_;
  CellActivation output_;
};

template <class T>
std::unique_ptr<Cell<T>> make_cell(const ComputeContext& context, const Recurrence& size,
                                   int64_t direction) {
  if (size.gates == 4) return std::make_unique<LstmCell<T>>(context, size, direction);
  if (size.gates == 3) return std::make_unique<GruCell<T>>(context, size, direction);
  return std::make_unique<RnnCell<T>>(context, size, direction);
}

// How many steps each batch has.
std::vector<int64_t> lengths_of(const ComputeContext& context, const Recurrence& size) {
  if (!context.has_input(kLengths)) {
    return std::vector<int64_t>(static_cast<size_t>(size.batches), size.steps);
  }
  const std::vector<int64_t> lengths = to_int64s(context.tensor(kLengths));
  for (const int64_t length : lengths) {
    if (length >= 0 && length <= size.steps) continue;
    fail(ErrorCode::InvalidInput, context.node().op_type, " of ", length,
         " steps, where there are ", size.steps);
  }
  return lengths;
}

// Products of all steps' inputs with the weights of a direction, a row for each.
template <class T>
std::vector<T> multiply_inputs(const ComputeContext& context, const Recurrence& size,
                               const RecurrentProduct<T>& product) {
  const int64_t rows = size.steps * size.batches, columns = size.gates * size.hidden;
  std::vector<T> gates(static_cast<size_t>(rows * columns));
  product.multiply(context.tensor(0).template as<T>().data(), rows, gates.data(), columns, false,
                   context.pool());
  return gates;
}

// The node's outputs under way.
template <class T>
struct Outputs {
  T* sequence;  // null where the node leaves it out
  T* hidden;
  T* cell;
};

template <class T>
void run_direction(const ComputeContext& context, const Recurrence& size, int64_t direction,
                   std::span<const int64_t> lengths, const Outputs<T>& outputs) {
  const auto cell = make_cell<T>(context, size, direction);
  std::vector<T> gates = multiply_inputs(context, size, cell->input_product());
  const int64_t columns = size.gates * size.hidden, count = size.hidden;
  const auto there = std::make_unique<bool[]>(static_cast<size_t>(size.batches));
  for (int64_t i = 0; i < size.steps; ++i) {
    const int64_t step = size.is_reverse(direction) ? size.steps - 1 - i : i;
    for (int64_t batch = 0; batch < size.batches; ++batch) {
      there[static_cast<size_t>(batch)] = step < lengths[static_cast<size_t>(batch)];
    }
    const StepRows<T> rows = {gates.data() + size.row(step, 0) * columns,
                              (size.row(0, 1) - size.row(0, 0)) * columns, size.batches};
    cell->advance(rows, {there.get(), static_cast<size_t>(size.batches)});
    for (int64_t batch = 0; outputs.sequence && batch < size.batches; ++batch) {
      if (!there[static_cast<size_t>(batch)]) continue;
      const int64_t row = size.batch_first
                              ? (batch * size.steps + step) * size.directions + direction
                              : (step * size.directions + direction) * size.batches + batch;
      std::copy_n(cell->hidden().data() + batch * count, count, outputs.sequence + row * count);
    }
  }
  for (int64_t batch = 0; batch < size.batches; ++batch) {
    if (lengths[static_cast<size_t>(batch)] == 0) continue;
    const int64_t row = size.state_row(direction, batch) * count;
    std::copy_n(cell->hidden().data() + batch * count, count, outputs.hidden + row);
    if (cell->cell()) std::copy_n(cell->cell()->data() + batch * count, count, outputs.cell + row);
  }
}

void compute_recurrent(ComputeContext& context) {
  const Recurrence size(context, kind_of(context));
  dispatch<float, double>(context.dtype(0), [&](auto tag) {
    using T = typename decltype(tag)::type;
    // What a sequence has no steps for stays zero, as does what nothing was the last step of.
    const auto make = [&](int index, Shape shape) {
      const auto elements = context.make<T>(index, std::move(shape));
      std::ranges::fill(elements, T{0});
      return elements.data();
    };
    Outputs<T> outputs = {};
    if (context.wants_output(0)) outputs.sequence = make(0, size.sequence());
    outputs.hidden = make(1, size.state());
    if (size.gates == 4) outputs.cell = make(2, size.state());
    const std::vector<int64_t> lengths = lengths_of(context, size);
    for (int64_t direction = 0; size.batches > 0 && direction < size.directions; ++direction) {
      run_direction<T>(context, size, direction, lengths, outputs);
    }
  });
}

constexpr OpDef recurrent(std::string_view op_type, int inputs, int outputs) {
  constexpr TypeVariable kAllButLengths = {~(uint32_t{1} << kLengths), kFloat32And64};
  return {.op_type = op_type,
          .meaning = {.inputs = {3, inputs},
                      .outputs = {1, outputs},
                      .types = {kAllButLengths, type_of_input(kLengths, {DType::Int32})},
                      .infer = infer_recurrent,
                      .macs = macs_of_recurrent},
          .cpu = {.compute = compute_recurrent}};
}

constexpr OpDef kOps[] = {
    recurrent("RNN", 6, 2),
    recurrent("GRU", 6, 2),
    recurrent("LSTM", 8, 3),
};

}  // namespace

extern constinit const OpFamily recurrent_ops = kOps;

}  // namespace fovea
