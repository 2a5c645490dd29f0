#pragma once

#include <coroutine>
#include <string>
#include <utility>
#include <vector>

#include "quantise/quantisation.h"
#include "tensor/tensor.h"

namespace fovea::quantise {

// Where what computes waits for answers.
class Host {
 public:
  // To be awaited; gives the fetched values.
  auto ask(size_t sample, std::vector<std::string> fetches) {
    struct Awaiter {
      Host& host;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> waiting) noexcept { host.waiting_ = waiting; }
      std::vector<Tensor> await_resume() { return std::move(host.answer_); }
    };
    question_.sample = sample;
    question_.fetches = std::move(fetches);
    return Awaiter{*this};
  }

  // What following questions are about. The float model's bytes are its caller's.
  void use_float_model(std::string_view bytes) {
    question_.model = 0;
    question_.bytes = bytes;
  }
  // A new one, or the last of these again.
  void use_model(std::string bytes) {
    candidate_ = std::move(bytes);
    ++models_;
    use_last_model();
  }
  void use_last_model() {
    question_.model = models_;
    question_.bytes = candidate_;
  }

  bool is_waiting() const { return static_cast<bool>(waiting_); }
  const Question& question() const { return question_; }
  void answer(std::vector<Tensor> values) {
    answer_ = std::move(values);
    std::exchange(waiting_, {}).resume();
  }

 private:
  Question question_;
  std::string candidate_;
  int models_ = 0;
  std::vector<Tensor> answer_;
  std::coroutine_handle<> waiting_;
};

}  // namespace fovea::quantise
