#include "decode_signals.h"

#include "decode_strings.h"

namespace subint_doctor::cpython {
namespace {

constexpr int last_signal = 64;  // Py_NSIG - 1 on Linux
constexpr int sigint = 2;
constexpr std::size_t max_method_name = 256;

Address handler_entry(const StructReader& structs, int signal) {
    const auto index = static_cast<std::uint64_t>(signal);
    return structs.layout().runtime() + structs.number(Field::signals_handlers) +
           index * structs.number(Field::signals_handler_size);
}

Status read_tripped(const StructReader& structs, std::vector<int>& tripped) {
    for (int signal = 1; signal <= last_signal; ++signal) {
        const auto flag = structs.get<std::int32_t>(handler_entry(structs, signal), Field::signals_handler_tripped);
        if (!flag) return flag.error();
        if (*flag != 0) tripped.push_back(signal);
    }
    return Done{};
}

Result<std::string> builtin_name(const StructReader& structs, Address function) {
    const Result<Address> definition = structs.pointer(function, Field::cfunction_ml);
    if (!definition) return definition.error();
    const Result<Address> name = structs.pointer(*definition, Field::method_def_name);
    if (!name) return name.error();
    return read_c_string(structs.memory(), *name, max_method_name);
}

Result<std::string> function_name(Objects& objects, Address function) {
    const Result<Address> qualname = objects.structs().pointer(function, Field::function_qualname);
    if (!qualname) return qualname.error();
    return read_str(objects, *qualname, max_name_length);
}

Result<std::string> callable_name(Objects& objects, Address callable) {
    const StructReader& structs = objects.structs();
    const Result<bool> is_method = objects.is_builtin(callable, "method");
    if (!is_method) return is_method.error();
    if (*is_method) {
        const Result<Address> function = structs.pointer(callable, Field::method_func);
        if (!function) return function.error();
        callable = *function;
    }
    const Result<const TypeFacts*> type = objects.type_of(callable);
    if (!type) return type.error();
    const std::string kind = (*type)->name;
    if (((*type)->flags & heap_type) == 0) {
        if (kind == "function") return function_name(objects, callable);
        if (kind == "builtin_function_or_method") return builtin_name(structs, callable);
    }
    return "<" + kind + ">";
}

Result<std::optional<std::string>> sigint_handler(Objects& objects) {
    const StructReader& structs = objects.structs();
    const Address runtime = structs.layout().runtime();
    const Result<Address> handler = structs.pointer(handler_entry(structs, sigint), Field::signals_handler_func);
    const Result<Address> as_default = structs.pointer(runtime, Field::signals_default_handler);
    const Result<Address> as_ignore = structs.pointer(runtime, Field::signals_ignore_handler);
    if (!handler) return handler.error();
    if (!as_default) return as_default.error();
    if (!as_ignore) return as_ignore.error();
    if (!*handler) return std::optional<std::string>();
    if (*handler == *as_default) return std::optional<std::string>("SIG_DFL");
    if (*handler == *as_ignore) return std::optional<std::string>("SIG_IGN");
    Result<std::string> name = callable_name(objects, *handler);
    if (!name) return name.error();
    return std::optional<std::string>(std::move(*name));
}

}  // namespace

PythonSignals decode_signals(Objects& objects, std::vector<Gap>& gaps) {
    const StructReader& structs = objects.structs();
    PythonSignals signals;
    if (!structs.layout().offset(Field::signals_handlers)) {
        gaps.push_back({"signals", describe(structs.unknown_field()), true});
        return signals;
    }
    StructView view(structs, structs.layout().runtime());
    signals.wakeup_fd = view.get<std::int32_t>(Field::signals_wakeup_fd, -1);
    signals.warn_on_full_buffer = view.get<std::int32_t>(Field::signals_warn_on_full_buffer) != 0;
    signals.is_tripped = view.get<std::int32_t>(Field::signals_is_tripped) != 0;
    if (view.error()) gaps.push_back({"signals", describe(*view.error()), true});
    const Status tripped = read_tripped(structs, signals.tripped);
    if (!tripped.ok()) gaps.push_back({"signals.tripped", describe(tripped.error()), true});
    Result<std::optional<std::string>> handler = sigint_handler(objects);
    if (handler) {
        signals.sigint_handler = std::move(*handler);
    } else {
        gaps.push_back({"signals.sigint.python_handler", describe(handler.error()), false});
    }
    return signals;
}

}  // namespace subint_doctor::cpython
