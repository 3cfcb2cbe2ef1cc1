#include <gtest/gtest.h>

#include "subint_doctor/model/own_code.h"

namespace subint_doctor {
namespace {

TEST(OwnCode, AFileOfTheLibrary) {
    EXPECT_EQ(path_in_library("/usr/lib/python3.14/json/decoder.py"), "json/decoder.py");
    EXPECT_EQ(path_in_library("/usr/lib64/python3.13/threading.py"), "threading.py");
    EXPECT_EQ(path_in_library("/srv/app/server.py"), "");
    EXPECT_EQ(path_in_library("/usr/lib/python3.14"), "");
    EXPECT_TRUE(is_standard_library("<frozen runpy>"));
    EXPECT_TRUE(is_standard_library("/usr/lib/python3.14/threading.py"));
}

TEST(OwnCode, AnInstalledPackage) {
    EXPECT_EQ(path_in_packages("/usr/lib/python3.14/site-packages/trio/_core/_run.py"), "trio/_core/_run.py");
    EXPECT_EQ(path_in_packages("/usr/lib/python3/dist-packages/trio/_core/_run.py"), "trio/_core/_run.py");
    EXPECT_EQ(path_in_library("/usr/lib/python3.14/site-packages/trio/_core/_run.py"), "");
    EXPECT_FALSE(is_standard_library("/usr/lib/python3.14/site-packages/trio/_core/_run.py"));
}

TEST(OwnCode, WhatIsLeftIsTheProgramsOwn) {
    EXPECT_TRUE(is_own_file("/srv/app/server.py"));
    for (const char* file : {"", "<string>", "<frozen runpy>", "/usr/lib/python3.14/threading.py",
                             "/venv/lib/python3.14/site-packages/flask/app.py"}) {
        EXPECT_FALSE(is_own_file(file)) << file;
    }
}

}  // namespace
}  // namespace subint_doctor
