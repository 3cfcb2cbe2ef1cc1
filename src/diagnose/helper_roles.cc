#include "helper_roles.h"

#include <algorithm>
#include <array>

namespace subint_doctor::diagnose {
namespace {

struct Role {
    std::string_view file;  // a part of the path
    std::string_view function;  // empty: any
    std::string_view name;
};

constexpr std::array by_frame = {
    Role{"/multiprocessing/pool.py", "worker", "a worker of a multiprocessing pool"},
    Role{"/multiprocessing/managers.py", "serve_forever", "the server of a multiprocessing manager"},
    Role{"/multiprocessing/resource_tracker.py", "main", "a multiprocessing resource tracker"},
    Role{"/loky/backend/resource_tracker.py", "main", "a loky resource tracker"},
    Role{"/concurrent/futures/process.py", "_process_worker", "a worker of a process pool"},
    Role{"/loky/process_executor.py", "_process_worker", "a worker of a loky pool"},
    Role{"/billiard/pool.py", "", "a worker of a billiard pool"},
    Role{"/torch/utils/data/_utils/worker.py", "", "a worker of a torch DataLoader"},
    Role{"/multiprocessing/process.py", "_bootstrap", "a child of multiprocessing"},
    Role{"/multiprocessing/forkserver.py", "main", "a multiprocessing forkserver"},
    Role{"/ipykernel/", "", "a Jupyter kernel, which takes SIGINT only while a cell runs"},
};

struct CommandRole {
    std::string_view part;  // of one argument
    std::string_view name;
};

// A child that a forkserver forked has its command line too: only where no frame tells.
constexpr std::array by_command = {
    CommandRole{"from multiprocessing.resource_tracker import main", "a multiprocessing resource tracker"},
    CommandRole{"from multiprocessing.forkserver import main", "a multiprocessing forkserver"},
    CommandRole{"from multiprocessing.spawn import spawn_main", "a child of multiprocessing"},
    CommandRole{"ipykernel_launcher", "a Jupyter kernel, which takes SIGINT only while a cell runs"},
};

std::optional<std::string_view> role_of(const Code& code) {
    const auto* found = std::find_if(by_frame.begin(), by_frame.end(), [&](const Role& role) {
        return code.file.find(role.file) != std::string::npos && (role.function.empty() || role.function == code.name);
    });
    return found == by_frame.end() ? std::nullopt : std::optional(found->name);
}

// The innermost frame that tells: a forked child keeps the frames of the forkserver below its own.
std::optional<std::string_view> role_on(const Python& python, const ThreadState& state) {
    for (const Frame& frame : state.frames) {
        if (frame.code >= python.codes.size()) continue;
        if (const auto role = role_of(python.codes[frame.code])) return role;
    }
    return std::nullopt;
}

// On the main thread: a pool of threads runs the same worker function in its owner's process.
std::optional<std::string_view> role_by_frames(const Python& python) {
    for (const Interpreter& interpreter : python.interpreters) {
        for (const ThreadState& state : interpreter.thread_states) {
            if (!state.tid || state.tid != python.main_tid) continue;
            if (const auto role = role_on(python, state)) return role;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> helper_role(const Snapshot& look) {
    if (look.python) {
        if (const auto role = role_by_frames(*look.python)) return role;
    }
    for (const std::string& argument : look.process.command_line) {
        for (const CommandRole& role : by_command) {
            if (argument.find(role.part) != std::string::npos) return role.name;
        }
    }
    return std::nullopt;
}

}  // namespace subint_doctor::diagnose
