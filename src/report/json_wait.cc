#include "json_parts.h"
#include "names.h"
#include "subint_doctor/model/wait_text.h"

namespace subint_doctor::report {
namespace {

// Null where it is not known which one, and where any child will do.
Json json_id(const Resource& resource) {
    switch (resource.kind) {
        case ResourceKind::lock:
        case ResourceKind::file:
            return nullptr;
        case ResourceKind::thread:
        case ResourceKind::process:
            return resource.id == 0 ? Json(nullptr) : Json(resource.id);
        case ResourceKind::futex:
            return json_address({resource.id});
        default:
            return resource.id;
    }
}

Json json_resource(const Resource& resource) {
    const bool is_process = resource.kind == ResourceKind::process;
    const SocketAddresses* socket = resource.addresses ? &*resource.addresses : nullptr;
    Json json;
    json["kind"] = name_of(resource.kind);
    json["id"] = json_id(resource);
    json["name"] = json_text(resource.name);
    json["state"] = is_process && resource.id != 0 ? json_text({&resource.state, 1}) : Json(nullptr);
    json["protocol"] = socket != nullptr ? json_text(socket->protocol) : Json(nullptr);
    json["local"] = socket != nullptr ? json_text(socket->local) : Json(nullptr);
    json["remote"] = socket != nullptr && !socket->remote.empty() ? json_text(socket->remote) : Json(nullptr);
    return json;
}

// Of a wait for one connected socket.
Json json_peer(const Wait& wait) {
    if (!wait.fd() || !wait.resources.front().addresses) return nullptr;
    const SocketAddresses& socket = *wait.resources.front().addresses;
    if (socket.remote.empty()) return nullptr;
    Json json;
    json["kind"] = json_text(socket.protocol);
    json["inode"] = nullptr;
    json["address"] = json_text(socket.remote);
    json["pid"] = nullptr;
    json["fd"] = nullptr;
    json["process"] = nullptr;
    return json;
}

Json json_limit(const std::optional<TimeLimit>& limit) {
    if (!limit) return nullptr;
    Json json;
    json["limited"] = limit->limited;
    json["ms"] = json_optional(limit->ms);
    json["left_ms"] = json_optional(limit->left_ms);
    return json;
}

}  // namespace

Json json_wait(const Thread& thread) {
    const Wait& wait = thread.wait;
    Json json;
    json["kind"] = name_of(wait.kind);
    json["detail"] = json_text(describe_wait(thread));
    json["fd"] = json_optional(wait.fd());
    json["peer"] = json_peer(wait);
    json["owner_tid"] = json_optional(wait.owner_tid);
    json["since_us"] = nullptr;
    json["time_limit"] = json_limit(wait.limit);
    json["resources"] = Json::array();
    for (const Resource& resource : wait.resources) json["resources"].push_back(json_resource(resource));
    json["resource_count"] = wait.resource_count;
    return json;
}

}  // namespace subint_doctor::report
