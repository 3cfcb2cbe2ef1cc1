// Shows a page of section 7 without man(1): the few man(7) macros and escapes that our own pages use. Pure.
#pragma once

#include <string>
#include <string_view>

namespace subint_doctor::cli {

struct RoffStyle {
    int columns = 80;
    bool color = false;  // bold and underline
};

// Macros: .TH .SH .PP .TP .IP .B .I .BR .IR .nf .fi .RS .RE; escapes: \fB \fI \fR \fP \- \(em \(aq \e \&. Any other
// macro is dropped, its text is kept.
std::string render_roff(std::string_view page, const RoffStyle& style);

// What follows the dash in the NAME section, in plain text.
std::string roff_summary(std::string_view page);

}  // namespace subint_doctor::cli
