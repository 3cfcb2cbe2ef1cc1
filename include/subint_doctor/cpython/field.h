// Every offset, size and opcode that is used of CPython, under its name there. An offset is in bytes from the
// start of its structure unless said otherwise. No number of this kind may stand anywhere else in the code: a test
// decodes an image whose offsets are random.
#pragma once

namespace subint_doctor::cpython {

enum class Field : unsigned {
    // clang-format off
    // The runtime state, _PyRuntime.
    runtime_size, runtime_finalizing, runtime_interpreters_head, runtime_interpreters_main, runtime_initialized,
    runtime_main_thread, runtime_main_tstate,

    // _PyRuntime.signals, from the start of _PyRuntime; handlers[n] from the start of its array.
    signals_handlers, signals_handler_size, signals_handler_tripped, signals_handler_func, signals_wakeup_fd,
    signals_warn_on_full_buffer, signals_is_tripped, signals_default_handler, signals_ignore_handler,

    // PyInterpreterState.
    interpreter_size, interpreter_id, interpreter_next, interpreter_threads_head, interpreter_threads_main,
    interpreter_gc, interpreter_imports_modules, interpreter_ceval_gil, interpreter_own_gil, interpreter_whence,
    interpreter_finalizing, interpreter_runtime, interpreter_feature_flags,

    // The GIL inside PyInterpreterState: published from there, used from the start of the GIL.
    interpreter_gil, interpreter_gil_locked, interpreter_gil_last_holder,

    // struct _gil_runtime_state.
    gil_size, gil_interval, gil_last_holder, gil_locked, gil_switch_number, gil_cond, gil_cond_size,

    // struct _gc_runtime_state, from its own start.
    gc_collecting,

    // PyThreadState. The two bits are positions in the word at thread_state_status.
    thread_state_size, thread_state_next, thread_state_interp, thread_state_current_frame, thread_state_base_frame,
    thread_state_thread_id, thread_state_native_thread_id, thread_state_datastack_chunk, thread_state_datastack_top,
    thread_state_status, thread_state_bound_gilstate_bit, thread_state_holds_gil_bit, thread_state_holds_gil,
    thread_state_gil_requested, thread_state_eval_breaker, thread_state_whence, thread_state_state,
    thread_state_async_exc,

    // _PyInterpreterFrame.
    frame_size, frame_previous, frame_executable, frame_instr_ptr, frame_localsplus, frame_owner,
    frame_stackpointer,  // 3.14+

    // PyCodeObject.
    code_size, code_filename, code_name, code_qualname, code_linetable, code_firstlineno, code_adaptive,
    code_firsttraceable,

    // PyObject, PyTypeObject, PyHeapTypeObject. The managed dict lies that many bytes before the object.
    object_ob_type, object_managed_dict, type_tp_name, type_tp_flags, type_tp_basicsize, heap_type_cached_keys,

    // PyBytesObject, PyUnicodeObject: the sizes of its headers are where the characters begin.
    bytes_ob_size, bytes_ob_sval, unicode_state, unicode_length, unicode_ascii_size, unicode_compact_size,
    unicode_data,

    // PyDictObject, PyDictKeysObject, its two kinds of entries, PyDictValues.
    dict_ma_keys, dict_ma_values, keys_log2_index_bytes, keys_kind, keys_nentries, keys_indices, entry_size,
    entry_key, entry_value, unicode_entry_size, unicode_entry_key, unicode_entry_value, values_valid, values_values,

    // PyModuleObject, PyFunctionObject, PyMethodObject, PyCFunctionObject, PyMethodDef, partialobject.
    module_md_dict, function_qualname, function_module, method_func, cfunction_ml, method_def_name, partial_fn,

    // PyLongObject: the tag word, the first digit.
    long_lv_tag, long_ob_digit,

    // Opcodes that jump back, which a loop in bytecode comes to in each round: the first byte of a code unit.
    opcode_jump_backward,
    opcode_jump_backward_jit, opcode_jump_backward_no_jit,  // 3.14+
    opcode_instrumented_jump_backward, opcode_enter_executor,

    count
    // clang-format on
};

}  // namespace subint_doctor::cpython
