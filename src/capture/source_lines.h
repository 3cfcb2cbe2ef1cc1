// The lines of the patient's source files at which its threads stand.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "subint_doctor/model/snapshot.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::capture {

class SourceLines {
public:
    // Reads the files of the innermost frame of each thread state that is the program's own, the first 16 of them: for
    // the time between two looks. None where the patient itself watches files, inotify(7): it would see that they are opened.
    void read(const os::Target& patient, const Snapshot& look);

    // Gives each thread state of this look the line of such a frame, as far as its file was read.
    void add_to(Snapshot& look) const;

private:
    std::unordered_map<std::string, std::optional<os::FileText>> files_;  // by path; empty: could not be read
};

}  // namespace subint_doctor::capture
