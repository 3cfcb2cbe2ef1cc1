// How CPython builds what it builds, where versions differ in more than offsets. Each build names its shapes in its row
// file (src/cpython/layouts/*.inc); whoever decodes one switches on it, so that a new one does not compile until it is
// decoded.
#pragma once

namespace subint_doctor::cpython {

// What _PyInterpreterFrame keeps of objects: their addresses (3.13), or references whose lowest two bits are tags (3.14,
// pycore_stackref.h).
enum class FrameShape { pointers, tagged };

// Where the GIL is found: each interpreter points to the one that it uses (3.12).
enum class GilHome { interpreter };

// How a code object tells lines: entries of line, columns and length (3.11, InternalDocs/code_objects.md).
enum class LineTableForm { locations };

// Where an instance keeps its attributes: in a dict before it or, while there is none, in values behind it (3.13).
enum class AttributeStorage { inline_values };

struct Shapes {
    FrameShape frame = FrameShape::pointers;
    GilHome gil_home = GilHome::interpreter;
    LineTableForm line_table = LineTableForm::locations;
    AttributeStorage attributes = AttributeStorage::inline_values;
};

}  // namespace subint_doctor::cpython
