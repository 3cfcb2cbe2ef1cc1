// The report's words for what the model counts as enumerations.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "subint_doctor/model/finding.h"

namespace subint_doctor::report {

std::string_view name_of(Severity severity);
std::string_view name_of(Confidence confidence);
std::string_view name_of(Source source);
std::string_view name_of(WakeupKind kind);
std::string_view name_of(WaitKind kind);
std::string_view name_of(ResourceKind kind);
std::string_view name_of(ThreadStatus status);
std::string_view name_of(InterpreterKind kind);
std::string_view name_of(FoundBy via);
std::string_view name_of(Inside inside);  // empty: nothing

// "signals_pending", ... of EvalBreaker bits.
std::vector<std::string_view> eval_breaker_names(std::uint32_t bits);

}  // namespace subint_doctor::report
