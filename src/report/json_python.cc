#include <csignal>

#include "facts.h"
#include "json_parts.h"
#include "names.h"

namespace subint_doctor::report {
namespace {

Json json_wakeup(const Snapshot& look) {
    const WakeupChain& chain = look.wakeup;
    Json wakeup;
    wakeup["fd"] = chain.fd;
    wakeup["kind"] = name_of(chain.kind);
    wakeup["queued_bytes"] = json_optional(chain.queued_bytes);
    wakeup["queued_writes"] = json_optional(chain.queued_writes);
    wakeup["capacity_writes"] = json_optional(chain.capacity_writes);
    wakeup["full"] = json_optional(chain.full);
    wakeup["reader"] = nullptr;
    if (chain.reader_fd) wakeup["reader"] = {{"fd", *chain.reader_fd}, {"pid", json_optional(chain.reader_pid)}};
    wakeup["polled_by"] = Json::array();
    for (const WakeupPoller& poller : chain.polled_by) {
        wakeup["polled_by"].push_back({{"tid", poller.tid}, {"epoll_fd", poller.epoll_fd}});
    }
    wakeup["warn_on_full_buffer"] = look.python ? Json(look.python->signals.warn_on_full_buffer) : Json(nullptr);
    wakeup["link"] = json_text(chain.link);
    wakeup["has_peer"] = json_optional(chain.has_peer);
    wakeup["epoll_fd"] = json_optional(chain.epoll_fd);
    wakeup["watched"] = chain.watched;
    wakeup["armed"] = chain.armed;
    return wakeup;
}

Json json_sigint(const Snapshot& look) {
    Json sigint;
    sigint["disposition"] = json_optional(sigint_disposition(look));
    sigint["blocked_in"] = Json::array();
    sigint["pending_in"] = Json::array();
    for (const Thread& thread : look.threads) {
        if (thread.blocked.has(SIGINT)) sigint["blocked_in"].push_back(thread.tid);
        if (thread.pending.has(SIGINT)) sigint["pending_in"].push_back(thread.tid);
    }
    sigint["pending_process"] = look.process.pending.has(SIGINT);
    sigint["python_handler"] = look.python ? json_optional(look.python->signals.sigint_handler) : Json(nullptr);
    return sigint;
}

Json json_python(const Python& python) {
    Json json;
    json["version"] = json_text(python.version);
    json["version_hex"] = python.version_hex;
    json["debug"] = python.debug;
    json["free_threaded"] = python.free_threaded;
    json["runtime_address"] = json_address(python.runtime);
    json["layout_source"] = python.layout_source;
    return json;
}

}  // namespace

Json json_target(const Snapshot& look) {
    Json target;
    target["pid"] = look.process.pid;
    target["namespace_pid"] = look.process.namespace_pid;
    target["asked_tid"] = look.process.asked_tid;
    target["exe"] = json_text(look.process.exe);
    target["cmdline"] = json_texts(look.process.command_line);
    target["age_ms"] = look.process.age_ms;
    target["tracer_pid"] = look.process.tracer_pid;
    target["python"] = look.python ? json_python(*look.python) : Json(nullptr);
    target["finalizing"] = look.python ? Json(look.python->finalizing) : Json(nullptr);
    return target;
}

Json json_signals(const Snapshot& look) {
    Json signals;
    signals["wakeup"] = json_wakeup(look);
    signals["is_tripped"] = look.python ? Json(look.python->signals.is_tripped) : Json(nullptr);
    signals["tripped"] = look.python ? Json(look.python->signals.tripped) : Json::array();
    signals["sigint"] = json_sigint(look);
    return signals;
}

Json json_gils(const Inspection& inspection) {
    Json gils = Json::array();
    if (!inspection.last().python) return gils;
    for (const Gil& gil : inspection.last().python->gils) {
        Json json;
        json["id"] = gil.id;
        json["address"] = json_address(gil.address);
        json["kind"] = gil.is_main ? "main" : "own";
        json["interpreters"] = gil.interpreters;
        json["enabled"] = gil.enabled;
        json["locked"] = gil.locked;
        json["holder_tid"] = json_optional(gil.holder_tid);
        json["last_holder_tid"] = json_optional(gil.last_holder_tid);
        json["last_holder_alive"] = gil.last_holder_alive;
        json["waiters"] = waiters_in_any_look(inspection, gil);
        json["switch_number"] = gil.switch_number;
        json["switch_interval_us"] = gil.switch_interval_us;
        json["drop_requested"] = gil.drop_requested;
        gils.push_back(std::move(json));
    }
    return gils;
}

Json json_interpreters(const Python& python) {
    Json interpreters = Json::array();
    for (const Interpreter& interpreter : python.interpreters) {
        Json json;
        json["id"] = interpreter.id;
        json["address"] = json_address(interpreter.address);
        json["kind"] = name_of(interpreter.kind);
        json["gil"] = interpreter.gil >= 0 ? Json(interpreter.gil) : Json(nullptr);
        json["running_main_tid"] = json_optional(interpreter.running_main_tid);
        json["finalizing"] = interpreter.finalizing;
        json["thread_states"] = interpreter.thread_states.size();
        json["whence"] = json_text(interpreter.whence);
        json["collecting"] = interpreter.collecting;
        interpreters.push_back(std::move(json));
    }
    return interpreters;
}

Json json_waits(const Inspection& inspection) {
    Json waits = Json::array();
    if (!inspection.last().python) return waits;
    for (const Gil& gil : inspection.last().python->gils) {
        for (const int tid : waiters_in_any_look(inspection, gil)) {
            waits.push_back({{"from_tid", tid},
                             {"on", "gil:" + std::to_string(gil.id)},
                             {"held_by_tid", json_optional(gil.holder_tid)}});
        }
    }
    return waits;
}

}  // namespace subint_doctor::report
