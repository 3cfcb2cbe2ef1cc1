// What a rule concluded. Text is plain: no control bytes, no layout; report decides how it looks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "subint_doctor/model/snapshot.h"

namespace subint_doctor {

enum class Severity { note, warning, critical };  // in rising order
enum class Confidence { possible, likely, certain };  // in rising order

struct Advice {
    std::string command;  // a line that can be pasted, or a word such as "wait"
    std::string effect;
    std::string risk;  // empty: none known
};

struct Finding {
    std::string code;  // kebab-case, stable
    Severity severity = Severity::note;
    Confidence confidence = Confidence::certain;
    std::string title;
    std::string sentence;  // one plain sentence that names the actors
    std::vector<std::string> evidence;  // each names a measured value
    std::string explanation;
    std::vector<std::string> ruled_out;
    std::vector<Advice> advice;
    std::vector<int> tids;
    std::vector<std::int64_t> interpreters;
    std::vector<int> in_c_code;  // those of `tids` whose C stacks would say more
    bool tells_of_signals = false;  // says what became of Ctrl-C, so that it need not be said beside it
    std::vector<std::string> symptom_of;  // codes of findings that, when present, are its cause
};

struct Diagnosis {
    std::vector<Finding> findings;  // worst first, causes before their symptoms
    std::string code;  // of the first finding, or "no-hang-found"
    std::string sentence;
    std::vector<std::string> ruled_out;  // when nothing was found
    std::string sigint;  // what SIGINT would run, as far as that is known
    std::string sigint_obstacle;  // why it would not run now; empty: nothing that was seen stands in its way
    std::vector<Gap> gaps;  // facts that a rule needed and did not have
};

}  // namespace subint_doctor
