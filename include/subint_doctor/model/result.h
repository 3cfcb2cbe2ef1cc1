// A value or an Error. Ours until std::expected: C++20 is the floor.
//
//   Result<int> answer = parse(text);
//   if (!answer) return answer.error();
//   use(*answer);
#pragma once

#include <utility>
#include <variant>

#include "subint_doctor/model/error.h"

namespace subint_doctor {

template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    // Precondition: ok().
    T& operator*() { return *std::get_if<0>(&state_); }
    const T& operator*() const { return *std::get_if<0>(&state_); }
    T* operator->() { return std::get_if<0>(&state_); }
    const T* operator->() const { return std::get_if<0>(&state_); }

    // Precondition: !ok().
    const Error& error() const { return *std::get_if<1>(&state_); }

    T value_or(T fallback) const { return ok() ? **this : std::move(fallback); }

private:
    std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace subint_doctor
