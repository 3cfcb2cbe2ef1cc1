#!/usr/bin/env python3
"""Derives the rows of src/cpython/layouts/cp*.inc again, from a CPython with debug information.

    tests/support/layout_extract.py src/cpython/layouts/cp314d_x86_64.inc /usr/lib/libpython3.14d.so

Prints each row that differs and exits with 1; needs gdb. That the library is such a build is told by the sizes in the
SIZES rows.
"""
import re
import subprocess
import sys

RUNTIME, INTERPRETER, THREAD_STATE = "struct pyruntimestate", "struct _is", "struct _ts"
GIL, KEYS, VALUES = "struct _gil_runtime_state", "struct _dictkeysobject", "struct _dictvalues"
SIZEOF = None

# field of ours -> the structure and the member's path in it
MEMBERS = {
    "runtime_initialized": (RUNTIME, "initialized"),
    "runtime_interpreters_main": (RUNTIME, "interpreters.main"),
    "runtime_main_thread": (RUNTIME, "main_thread"),
    "runtime_main_tstate": (RUNTIME, "main_tstate"),
    "signals_handlers": (RUNTIME, "signals.handlers"),
    "signals_wakeup_fd": (RUNTIME, "signals.wakeup.fd"),
    "signals_warn_on_full_buffer": (RUNTIME, "signals.wakeup.warn_on_full_buffer"),
    "signals_is_tripped": (RUNTIME, "signals.is_tripped"),
    "signals_default_handler": (RUNTIME, "signals.default_handler"),
    "signals_ignore_handler": (RUNTIME, "signals.ignore_handler"),
    "interpreter_threads_main": (INTERPRETER, "threads.main"),
    "interpreter_own_gil": (INTERPRETER, "ceval.own_gil"),
    "interpreter_whence": (INTERPRETER, "_whence"),
    "interpreter_finalizing": (INTERPRETER, "finalizing"),
    "interpreter_runtime": (INTERPRETER, "runtime"),
    "interpreter_feature_flags": (INTERPRETER, "feature_flags"),
    "gil_size": (GIL, SIZEOF),
    "gil_interval": (GIL, "interval"),
    "gil_switch_number": (GIL, "switch_number"),
    "gil_cond": (GIL, "cond"),
    "gil_cond_size": ("pthread_cond_t", SIZEOF),
    "thread_state_datastack_top": (THREAD_STATE, "datastack_top"),
    "thread_state_holds_gil": (THREAD_STATE, "holds_gil"),
    "thread_state_eval_breaker": (THREAD_STATE, "eval_breaker"),
    "thread_state_whence": (THREAD_STATE, "_whence"),
    "thread_state_state": (THREAD_STATE, "state"),
    "thread_state_async_exc": (THREAD_STATE, "async_exc"),
    "code_firsttraceable": ("struct PyCodeObject", "_co_firsttraceable"),
    "type_tp_basicsize": ("struct _typeobject", "tp_basicsize"),
    "heap_type_cached_keys": ("PyHeapTypeObject", "ht_cached_keys"),
    "unicode_compact_size": ("PyCompactUnicodeObject", SIZEOF),
    "unicode_data": ("PyUnicodeObject", "data"),
    "keys_log2_index_bytes": (KEYS, "dk_log2_index_bytes"),
    "keys_kind": (KEYS, "dk_kind"),
    "keys_nentries": (KEYS, "dk_nentries"),
    "keys_indices": (KEYS, "dk_indices"),
    "entry_size": ("PyDictKeyEntry", SIZEOF),
    "entry_key": ("PyDictKeyEntry", "me_key"),
    "entry_value": ("PyDictKeyEntry", "me_value"),
    "unicode_entry_size": ("PyDictUnicodeEntry", SIZEOF),
    "unicode_entry_key": ("PyDictUnicodeEntry", "me_key"),
    "unicode_entry_value": ("PyDictUnicodeEntry", "me_value"),
    "values_valid": (VALUES, "valid"),
    "values_values": (VALUES, "values"),
    "module_md_dict": ("PyModuleObject", "md_dict"),
    "function_qualname": ("PyFunctionObject", "func_qualname"),
    "function_module": ("PyFunctionObject", "func_module"),
    "partial_fn": ("partialobject", "fn"),
    "method_func": ("PyMethodObject", "im_func"),
    "cfunction_ml": ("PyCFunctionObject", "m_ml"),
    "method_def_name": ("struct PyMethodDef", "ml_name"),
}
# Bits, members of an unnamed structure, and a distance that a macro computes: ptype of their parents tells.
NOT_DERIVED = {
    "thread_state_bound_gilstate_bit",
    "thread_state_holds_gil_bit",
    "signals_handler_size",
    "signals_handler_tripped",
    "signals_handler_func",
    "object_managed_dict",
}


def read_rows(path):
    builds, rows = [], {}
    for line in open(path, encoding="utf-8"):
        if match := re.match(r"SIZES\((\d+), (\d+), (\d+)\)", line):
            builds.append(tuple(map(int, match.groups())))
        elif match := re.match(r"FIELD\((\w+), (\d+)\)", line):
            rows[match[1]] = int(match[2])
    return builds, rows


def ask_gdb(library, questions):
    command = ["gdb", "-nx", "-batch"]
    for structure, member in questions:
        what = f"sizeof({structure})" if member is SIZEOF else f"(unsigned long)&(({structure} *)0)->{member}"
        command += ["-ex", f"printf \"%lu\\n\", {what}"]
    answers = subprocess.run(command + [library], capture_output=True, text=True, check=True)
    numbers = answers.stdout.split()
    if len(numbers) != len(questions):
        sys.exit(f"no debug information, or a structure changed its name:\n{answers.stderr}")
    return list(map(int, numbers))


def main(table, library):
    builds, rows = read_rows(table)
    sizes = tuple(ask_gdb(library, [(RUNTIME, SIZEOF), (INTERPRETER, SIZEOF), (THREAD_STATE, SIZEOF)]))
    if sizes not in builds:
        sys.exit(f"no SIZES row has these sizes: {sizes}")
    fields = [field for field in rows if field not in NOT_DERIVED and not field.startswith("opcode_")]
    answers = ask_gdb(library, [MEMBERS[field] for field in fields])
    differences = [
        f"{field}: the table says {rows[field]}, the library {answer}"
        for field, answer in zip(fields, answers)
        if rows[field] != answer
    ]
    print("\n".join(differences) or f"{len(fields)} rows agree")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
