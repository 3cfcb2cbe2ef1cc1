// Evidence that the GIL rules share.
#pragma once

#include <string>
#include <vector>

#include "case.h"
#include "subint_doctor/model/finding.h"

namespace subint_doctor::diagnose {

// Of a GIL that one thread kept throughout: who is kept from running.
struct Starved {
    bool main_waits = false;  // main was seen waiting for it
    bool main_will_wait = false;  // main sleeps in an event loop or elsewhere, and needs this GIL to go on
    bool main_in_event_loop = false;
    std::vector<int> waiters;  // main first
};
Starved starved_by(const Case& seen, const GilStory& story);

// The holder was asked to let go, or owes a signal handler that only it may run, in every look, and did not answer
// although it had the CPU time for it: Python code answers between two bytecodes. False with one look.
bool leaves_request_unanswered(const Case& seen, const GilStory& story);

// Asked in every look, but it had too little CPU time to answer: it has refused nothing.
bool could_not_answer(const Case& seen, const GilStory& story);

// It computes in C code: a request goes unanswered. With one look a request that stands is all there is to see.
bool computes_in_native_code(const Case& seen, const GilStory& story);

// "... so the main thread and 3 others cannot run Python."; how main comes to wait where nobody does yet.
std::string starving_text(const Case& seen, const GilStory& story, const Starved& starved);

// "X holds GIL 0, which interpreters 0 and 1 share: same holder, same switch number 1041 in both looks."
std::string holding_line(const Case& seen, const GilStory& story);

// One line for each of the first waiters, and for main where it sleeps and will wait.
void add_waiting_lines(const Case& seen, const GilStory& story, const Starved& starved, Finding& finding);

// Everybody that the finding is about: the holder, then the waiters.
void name_actors(const GilStory& story, const Starved& starved, Finding& finding);

}  // namespace subint_doctor::diagnose
