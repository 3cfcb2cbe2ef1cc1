#include "subint_doctor/target/file.h"

#include <unistd.h>

namespace subint_doctor::target {

File::~File() {
    if (fd_ >= 0) close(fd_);
}

}  // namespace subint_doctor::target
