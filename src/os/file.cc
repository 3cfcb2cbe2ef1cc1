#include "subint_doctor/os/file.h"

#include <unistd.h>

namespace subint_doctor::os {

File::~File() {
    if (fd_ >= 0) close(fd_);
}

}  // namespace subint_doctor::os
