#include "subint_doctor/cpython/glue.h"

#include <algorithm>
#include <array>

namespace subint_doctor::cpython {
namespace {

using namespace std::string_view_literals;

// Python/ceval.c, generated_cases.c.h (3.15's tail-calling interpreter), Objects/call.c, descrobject.c, methodobject.c,
// classobject.c, genobject.c; Python/pythonrun.c, Modules/main.c, Modules/_threadmodule.c, Python/thread_pthread.h.
constexpr std::array prefixes = {
    "_PyEval_"sv,
    "PyEval_Eval"sv,
    "_TAIL_CALL_"sv,
    "_PyFunction_Vectorcall"sv,
    "_PyObject_Vectorcall"sv,
    "PyObject_Vectorcall"sv,
    "_PyObject_MakeTpCall"sv,
    "_PyObject_Call"sv,
    "PyObject_CallFunction"sv,
    "PyObject_CallMethod"sv,
    "PyObject_CallObject"sv,
    "PyObject_CallNoArgs"sv,
    "PyObject_CallOneArg"sv,
    "_PyVectorcall_"sv,
    "PyVectorcall_"sv,
    "method_vectorcall"sv,
    "cfunction_"sv,
    "cfunction_vectorcall"sv,
    "_PyCFunction"sv,
    "gen_send_ex"sv,
    "pymain_"sv,
    "_PyRun_"sv,
    "PyRun_"sv,
    "pyrun_"sv,
};
constexpr std::array names = {
    "PyObject_Call"sv,
    "object_vacall"sv,
    "vectorcall_method"sv,
    "vectorcall_unbound"sv,
    "vectorcall_maybe"sv,
    "gen_iternext"sv,
    "_PyGen_Send"sv,
    "PyIter_Send"sv,
    "run_mod"sv,
    "run_eval_code_obj"sv,
    "builtin_exec"sv,
    "Py_RunMain"sv,
    "Py_BytesMain"sv,
    "Py_Main"sv,
    "main"sv,
    "_start"sv,
    "thread_run"sv,
    "pythread_wrapper"sv,
    "start_thread"sv,
    "clone"sv,
    "__clone"sv,
    "clone3"sv,
    "__clone3"sv,
    "__libc_start_main"sv,
    "__libc_start_call_main"sv,
    "__libc_start_main_impl"sv,
};

// GCC's names of the parts that it cut off a function: "gen_send_ex2.constprop.0", "_PyEval_EvalFrameDefault.cold".
std::string_view without_suffix(std::string_view function) { return function.substr(0, function.find('.')); }

}  // namespace

bool is_glue(std::string_view function) {
    const std::string_view name = without_suffix(function);
    return std::ranges::find(names, name) != names.end() ||
           std::ranges::any_of(prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace subint_doctor::cpython
