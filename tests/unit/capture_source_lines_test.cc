#include <gtest/gtest.h>

#include "fake_target.h"
#include "source_lines.h"

namespace subint_doctor::capture {
namespace {

// One thread that stands in threading.py, called from line 2 of /srv/app.py.
class SourceLinesTest : public testing::Test {
protected:
    SourceLinesTest() {
        look_.taken_at_unix_ms = 10'000;
        look_.process.age_ms = 4'000;
        look_.python.emplace();
        look_.python->codes = {{{1}, "wait", "wait", "/usr/lib/python3.14/threading.py", 1},
                               {{2}, "work", "work", "/srv/app.py", 1}};
        ThreadState state;
        state.frames = {{0, 300, {}}, {1, 2, {}}};
        look_.python->interpreters.emplace_back().thread_states = {state};
        patient_.files["/srv/app.py"] = {"def work():\n    with ledger:  \r\n        pass", 5'000};
        patient_.files["/usr/lib/python3.14/threading.py"] = {"import os\n", 0};
    }

    const std::optional<SourceLine>& found() {
        SourceLines lines;
        lines.read(patient_, look_);
        lines.add_to(look_);
        return state().source;
    }
    ThreadState& state() { return look_.python->interpreters.front().thread_states.front(); }

    test::FakeTarget patient_;
    Snapshot look_;
};

TEST_F(SourceLinesTest, TheInnermostFrameOfTheProgramsOwn) {
    EXPECT_EQ(found(), (SourceLine{1, "with ledger:", false}));
}

TEST_F(SourceLinesTest, TheLastLineNeedsNoNewline) {
    state().frames[1].line = 3;
    EXPECT_EQ(found()->text, "pass");
}

TEST_F(SourceLinesTest, AFileWrittenSinceTheProcessStartedIsTold) {
    patient_.files["/srv/app.py"].modified_unix_ms = 7'001;
    EXPECT_TRUE(found()->newer);
    patient_.files["/srv/app.py"].modified_unix_ms = 7'000;
    EXPECT_FALSE(found()->newer) << "when it started is not known so exactly";
}

TEST_F(SourceLinesTest, NoneWhereThereIsNoSuchLine) {
    state().frames[1].line = 4;
    EXPECT_FALSE(found());
    state().frames[1].line.reset();
    EXPECT_FALSE(found());
    state().frames[1].line = -7;
    EXPECT_FALSE(found());
}

TEST_F(SourceLinesTest, NoneWhereTheFileCannotBeRead) {
    patient_.files.erase("/srv/app.py");
    EXPECT_FALSE(found());
}

TEST_F(SourceLinesTest, NoneForAThreadInLibrariesOnly) {
    state().frames.pop_back();
    EXPECT_FALSE(found());
}

TEST_F(SourceLinesTest, NoneWhereThePatientWatchesFiles) {
    Descriptor watch;
    watch.fd = 3;
    watch.link = "anon_inode:inotify";
    look_.descriptors = {watch};
    EXPECT_FALSE(found());
}

TEST_F(SourceLinesTest, ALineThatTheLimitCutsIsNotTold) {
    patient_.files["/srv/app.py"].text = "x\n" + std::string(1U << 20U, 'y');
    EXPECT_FALSE(found());
    state().frames[1].line = 1;
    EXPECT_EQ(found()->text, "x");
}

TEST_F(SourceLinesTest, ALongLineIsCut) {
    patient_.files["/srv/app.py"].text = "\n" + std::string(5'000, 'x');
    EXPECT_EQ(found()->text.size(), 200U);
}

}  // namespace
}  // namespace subint_doctor::capture
