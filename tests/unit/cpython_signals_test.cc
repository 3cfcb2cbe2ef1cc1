#include <gtest/gtest.h>

#include "decode_signals.h"
#include "python_image.h"
#include "random_layout.h"

namespace subint_doctor::test {
namespace {

using cpython::Field;

class SignalsTest : public testing::Test {
protected:
    PythonSignals decode() {
        const cpython::BlockCache cache(memory);
        const cpython::StructReader structs(cache, layout);
        cpython::Objects objects(structs);
        return cpython::decode_signals(objects, gaps);
    }

    std::optional<std::string> handler_text(Address function) {
        image.handler(2, function, false);
        return decode().sigint_handler;
    }

    FakeMemory memory;
    cpython::Layout layout = random_layout(Address{0x100000}, 11);
    PythonImage image{memory, layout, Address{0x200000}};
    std::vector<Gap> gaps;
};

TEST_F(SignalsTest, NamesTheDispositionsThatAreNoFunctions) {
    const Address as_default = image.object(image.type("int"));
    const Address as_ignore = image.object(image.type("int"));
    image.set(layout.runtime(), Field::signals_default_handler, as_default);
    image.set(layout.runtime(), Field::signals_ignore_handler, as_ignore);
    EXPECT_EQ(handler_text(as_default), "SIG_DFL");
    EXPECT_EQ(handler_text(as_ignore), "SIG_IGN");
    EXPECT_EQ(handler_text({}), std::nullopt);
    EXPECT_TRUE(gaps.empty());
}

TEST_F(SignalsTest, NamesFunctionsOfEveryKind) {
    const Address function = image.function("on_sigint");
    EXPECT_EQ(handler_text(function), "on_sigint");

    const Address method = image.object(image.type("method"));
    image.set(method, Field::method_func, image.function("Server.stop"));
    EXPECT_EQ(handler_text(method), "Server.stop");

    const Address text = image.allocate(32);
    memory.put(text, std::as_bytes(std::span("default_int_handler")));
    const Address definition = image.object(image.type("int"));
    image.set(definition, Field::method_def_name, text);
    const Address builtin = image.object(image.type("builtin_function_or_method"));
    image.set(builtin, Field::cfunction_ml, definition);
    EXPECT_EQ(handler_text(builtin), "default_int_handler");

    EXPECT_EQ(handler_text(image.object(image.type("functools.partial"))), "<functools.partial>");
    EXPECT_TRUE(gaps.empty());
}

TEST_F(SignalsTest, TakesNoClassOfTheProgramForABuiltinType) {
    constexpr std::uint64_t heap_type = 1U << 9;
    EXPECT_EQ(handler_text(image.object(image.type("function", heap_type))), "<function>");
}

TEST_F(SignalsTest, AnUnreadableHandlerIsAGapAndTheRestStands) {
    image.set(layout.runtime(), Field::signals_wakeup_fd, std::int32_t{-1});
    image.handler(15, {}, true);
    EXPECT_EQ(handler_text(Address{0x10}), std::nullopt);
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0].path, "signals.sigint.python_handler");
    EXPECT_EQ(decode().wakeup_fd, -1);
    EXPECT_EQ(decode().tripped, std::vector<int>{15});
}

}  // namespace
}  // namespace subint_doctor::test
