// The one way by which text of the patient gets into a report; see model/text.h for what it does.
#pragma once

#include "subint_doctor/model/text.h"

namespace subint_doctor::report {

using subint_doctor::append_visible;
using subint_doctor::visible;

}  // namespace subint_doctor::report
