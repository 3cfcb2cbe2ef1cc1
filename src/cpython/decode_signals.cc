#include "decode_signals.h"

#include "decode_strings.h"

namespace subint_doctor::cpython {
namespace {

constexpr int last_signal = 64;  // Py_NSIG - 1 on Linux
constexpr int sigint = 2;
constexpr std::size_t max_method_name = 256;
constexpr int max_wrappers = 16;

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

// asyncio's is a partial of a bound method (Lib/asyncio/runners.py): what is called in the end has the name that helps.
Result<Address> unwrap(Objects& objects, Address callable) {
    for (int n = 0; n < max_wrappers; ++n) {
        const Result<const TypeFacts*> type = objects.type_of(callable);
        if (!type) return type.error();
        const bool is_heap_type = ((*type)->flags & heap_type) != 0;
        const bool is_method = !is_heap_type && (*type)->name == "method";
        const bool is_partial = is_heap_type && (*type)->name == "functools.partial";
        if (!is_method && !is_partial) return callable;
        const Result<Address> wrapped =
            objects.structs().pointer(callable, is_method ? Field::method_func : Field::partial_fn);
        if (!wrapped) return wrapped.error();
        callable = *wrapped;
    }
    return Error{ErrorCode::limit, "reading a handler that is wrapped many times", callable};
}

struct Handler {
    std::string name;
    std::optional<std::string> module;
};

Result<Handler> function_names(Objects& objects, Address function) {
    const StructReader& structs = objects.structs();
    const Result<Address> qualname = structs.pointer(function, Field::function_qualname);
    if (!qualname) return qualname.error();
    Result<std::string> name = read_name(objects, *qualname);
    if (!name) return name.error();
    Handler handler{std::move(*name), {}};
    const Result<Address> module = structs.pointer(function, Field::function_module);
    if (!module || !*module) return handler;
    Result<std::string> module_name = read_name(objects, *module);  // None, or what the program put there, has none
    if (module_name) handler.module = std::move(*module_name);
    return handler;
}

Result<Handler> names_of(Objects& objects, Address callable) {
    const Result<const TypeFacts*> type = objects.type_of(callable);
    if (!type) return type.error();
    const std::uint64_t flags = (*type)->flags;
    const std::string kind = (*type)->name;
    if ((flags & type_subclass) != 0) {
        const Result<const TypeFacts*> itself = objects.type(callable);
        if (!itself) return itself.error();
        return Handler{"class " + (*itself)->name, {}};
    }
    if ((flags & heap_type) == 0 && kind == "function") return function_names(objects, callable);
    if ((flags & heap_type) == 0 && kind == "builtin_function_or_method") {
        Result<std::string> name = builtin_name(objects.structs(), callable);
        if (!name) return name.error();
        return Handler{std::move(*name), {}};
    }
    return Handler{"instance of " + kind, {}};
}

Result<std::optional<Handler>> sigint_handler(Objects& objects) {
    const StructReader& structs = objects.structs();
    const Address runtime = structs.layout().runtime();
    const Result<Address> handler = structs.pointer(handler_entry(structs, sigint), Field::signals_handler_func);
    const Result<Address> as_default = structs.pointer(runtime, Field::signals_default_handler);
    const Result<Address> as_ignore = structs.pointer(runtime, Field::signals_ignore_handler);
    if (!handler) return handler.error();
    if (!as_default) return as_default.error();
    if (!as_ignore) return as_ignore.error();
    if (!*handler) return std::optional<Handler>();
    if (*handler == *as_default) return std::optional(Handler{"SIG_DFL", {}});
    if (*handler == *as_ignore) return std::optional(Handler{"SIG_IGN", {}});
    const Result<Address> called = unwrap(objects, *handler);
    if (!called) return called.error();
    Result<Handler> names = names_of(objects, *called);
    if (!names) return names.error();
    return std::optional(std::move(*names));
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
    Result<std::optional<Handler>> handler = sigint_handler(objects);
    if (handler && *handler) {
        signals.sigint_handler = std::move((*handler)->name);
        signals.sigint_handler_module = std::move((*handler)->module);
    } else if (!handler) {
        gaps.push_back({"signals.sigint.python_handler", describe(handler.error()), false});
    }
    return signals;
}

}  // namespace subint_doctor::cpython
