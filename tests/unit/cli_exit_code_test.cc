#include <gtest/gtest.h>

#include <array>

#include "exit_code.h"

namespace subint_doctor::cli {
namespace {

TEST(ExitCode, OfEachError) {
    EXPECT_EQ(exit_code_of(ErrorCode::no_such_process), ExitCode{3});
    EXPECT_EQ(exit_code_of(ErrorCode::not_permitted), ExitCode{4});
    EXPECT_EQ(exit_code_of(ErrorCode::not_available), ExitCode{4});
    EXPECT_EQ(exit_code_of(ErrorCode::not_python), ExitCode{5});
    EXPECT_EQ(exit_code_of(ErrorCode::corrupt), ExitCode{5});
    EXPECT_EQ(exit_code_of(ErrorCode::unsupported_python), ExitCode{6});
    EXPECT_EQ(exit_code_of(ErrorCode::unreadable), ExitCode{7});
    EXPECT_EQ(exit_code_of(ErrorCode::timeout), ExitCode{7});
    EXPECT_EQ(exit_code_of(ErrorCode::limit), ExitCode{7});
    EXPECT_EQ(exit_code_of(ErrorCode::bad_input), ExitCode{9});
    EXPECT_EQ(exit_code_of(ErrorCode::bug), ExitCode{70});
}

Diagnosis with(Severity severity) {
    Diagnosis diagnosis;
    diagnosis.findings.emplace_back();
    diagnosis.findings[0].severity = severity;
    return diagnosis;
}

TEST(ExitCode, OfAReportIsZeroWhateverItSays) {
    EXPECT_EQ(exit_code_of(Inspection{}, with(Severity::critical), std::nullopt), ExitCode{0});
}

TEST(ExitCode, FailsOnThatSeverityOrWorse) {
    EXPECT_EQ(exit_code_of(Inspection{}, with(Severity::warning), Severity::critical), ExitCode{0});
    EXPECT_EQ(exit_code_of(Inspection{}, with(Severity::warning), Severity::warning), ExitCode{1});
    EXPECT_EQ(exit_code_of(Inspection{}, with(Severity::critical), Severity::note), ExitCode{1});
    EXPECT_EQ(exit_code_of(Inspection{}, Diagnosis{}, Severity::note), ExitCode{0});
}

TEST(ExitCode, AGapThatTheDiagnosisNeedsMakesItPartial) {
    Inspection inspection;
    inspection.gaps = {{"threads", "gone", false}};
    EXPECT_EQ(exit_code_of(inspection, Diagnosis{}, std::nullopt), ExitCode{0});
    inspection.gaps[0].needed = true;
    EXPECT_EQ(exit_code_of(inspection, Diagnosis{}, std::nullopt), ExitCode{7});
    EXPECT_EQ(exit_code_of(inspection, with(Severity::critical), Severity::critical), ExitCode{1});
    Diagnosis diagnosis;
    diagnosis.gaps = {{"gils", "unknown", true}};
    EXPECT_EQ(exit_code_of(Inspection{}, diagnosis, std::nullopt), ExitCode{7});
}

TEST(ExitCode, OfSeveralIsTheMostTelling) {
    constexpr std::array order = {70, 74, 1, 4, 6, 5, 3, 7, 0};
    for (std::size_t n = 0; n + 1 < order.size(); ++n) {
        EXPECT_EQ(more_telling(ExitCode{order[n]}, ExitCode{order[n + 1]}), ExitCode{order[n]});
        EXPECT_EQ(more_telling(ExitCode{order[n + 1]}, ExitCode{order[n]}), ExitCode{order[n]});
    }
}

}  // namespace
}  // namespace subint_doctor::cli
