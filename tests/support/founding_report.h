// The founding hang after eight Ctrl-C, as capture and diagnose would hand it to report; made by hand.
#pragma once

#include "subint_doctor/model/finding.h"

namespace subint_doctor::test {

// main: tid 4242, waits for GIL 0; subint-driver[1]: tid 4244, computes in interpreter 1 and holds it. Two looks.
// Interpreter 2 is idle.
Inspection founding_inspection();
Diagnosis founding_diagnosis();

}  // namespace subint_doctor::test
