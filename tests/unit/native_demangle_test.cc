#include <gtest/gtest.h>

#include "demangle.h"

namespace subint_doctor::native {
namespace {

TEST(Demangle, CxxAndBothKindsOfRust) {
    EXPECT_EQ(demangle("_ZNSt6vectorIiSaIiEE9push_backERKi"),
              "std::vector<int, std::allocator<int> >::push_back(int const&)");
    EXPECT_EQ(demangle("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE"), "core::fmt::Write::write_fmt");
    EXPECT_EQ(
        demangle(
            "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE"),
        "<Test + 'static as foo::Bar<Test>>::bar");
    EXPECT_EQ(demangle("_RNvNtCs1234_7mycrate3foo3bar"), "mycrate::foo::bar");
    EXPECT_EQ(demangle("_ZN3foo3barEv.cold"), "foo::bar() [clone .cold]");
}

TEST(Demangle, WhatIsNotMangledStays) {
    for (const char* name : {"main", "", "_Z", "_R", "_Zzzz", "poll", "_ZN3foo"}) EXPECT_EQ(demangle(name), name);
}

// Each pair is made of two of the one before: 2 to the 64th words.
TEST(Demangle, ANameThatDoublesStaysAsItIs) {
    std::string bomb = "_Z1fSt4pairIiiE";
    std::string last = "S_";
    for (int n = 0; n < 64; ++n) {
        bomb += "St4pairI" + last + last + "E";
        constexpr const char* digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        last = n < 36 ? std::string("S") + digits[n] + "_" : std::string("S1") + digits[n - 36] + "_";
    }
    EXPECT_EQ(demangle(bomb), bomb);
    const std::string nested = "_Z1f" + std::string(1'900, 'P') + "i";
    EXPECT_FALSE(demangle(nested).empty());
    const std::string long_name(100'000, 'Z');
    EXPECT_EQ(demangle("_Z" + long_name), "_Z" + long_name);
}

}  // namespace
}  // namespace subint_doctor::native
