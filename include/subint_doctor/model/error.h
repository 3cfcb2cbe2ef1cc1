// What went wrong, as a value: which kind, what was being done, where in the patient, and the system's own errno.
#pragma once

#include <string>

#include "subint_doctor/model/address.h"

namespace subint_doctor {

enum class ErrorCode {
    no_such_process,  // never was, ended, or went away meanwhile
    not_permitted,  // the kernel refused; the text says which gate
    not_python,  // no CPython runtime in it
    unsupported_python,  // a CPython whose layout is not known to us
    unreadable,  // memory or a file could not be read
    corrupt,  // what was read contradicts itself
    limit,  // a bound of ours was reached (list length, string size, depth)
    timeout,  // a deadline passed
    not_available,  // this machine or kernel does not have it
    bad_input,  // a user's mistake or a foreign file
    bug,  // an invariant of ours is broken
};

struct Error {
    ErrorCode code = ErrorCode::bug;
    std::string doing;  // "reading the thread state list"; no capital, no full stop
    Address address = {};  // 0 where no address is concerned
    int errno_value = 0;  // 0 where the system said nothing
};

// "reading the thread state list at 0x7f00: Bad address"
std::string describe(const Error& error);

}  // namespace subint_doctor
