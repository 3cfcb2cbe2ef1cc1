#include "inspect.h"

#include "end_signals.h"
#include "subint_doctor/os/live_target.h"

namespace subint_doctor::cli {

Result<Inspection> inspect(int pid, const capture::Options& how) {
    end_at_latest_after(how.timeout_ms / 1'000.0);
    Result<Inspection> inspection = [&]() -> Result<Inspection> {
        const auto patient = os::open_live(pid);
        if (!patient) return patient.error();
        return capture::capture(**patient, how);
    }();
    end_at_latest_after(0);
    return inspection;
}

}  // namespace subint_doctor::cli
