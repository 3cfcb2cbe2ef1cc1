#include "struct_reader.h"

namespace subint_doctor::cpython {

Error StructReader::unknown_field() const {
    if (!layout_.table_refusal().empty()) return {ErrorCode::unsupported_python, layout_.table_refusal()};
    return {ErrorCode::unsupported_python, "CPython " + version_text(layout_.version_hex()) + " does not have it"};
}

}  // namespace subint_doctor::cpython
