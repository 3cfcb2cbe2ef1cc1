#include <gtest/gtest.h>

#include "decode_signals.h"
#include "python_image.h"
#include "random_layout.h"

namespace subint_doctor::test {
namespace {

using cpython::Field;

constexpr std::uint64_t heap_type = 1U << 9;

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

    EXPECT_TRUE(gaps.empty());
}

// asyncio.Runner's is a partial of a bound method.
TEST_F(SignalsTest, FollowsPartialsAndBoundMethodsToWhatIsCalled) {
    const Address function = image.function("Runner._on_sigint");
    image.set(function, Field::function_module, image.str("asyncio.runners"));
    const Address method = image.object(image.type("method"));
    image.set(method, Field::method_func, function);
    const Address inner = image.object(image.type("functools.partial", heap_type));
    image.set(inner, Field::partial_fn, method);
    const Address outer = image.object(image.type("functools.partial", heap_type));
    image.set(outer, Field::partial_fn, inner);
    EXPECT_EQ(handler_text(outer), "Runner._on_sigint");
    EXPECT_EQ(decode().sigint_handler_module, "asyncio.runners");
    EXPECT_TRUE(gaps.empty());
}

TEST_F(SignalsTest, APartialOfItselfEndsInAGap) {
    const Address partial = image.object(image.type("functools.partial", heap_type));
    image.set(partial, Field::partial_fn, partial);
    EXPECT_EQ(handler_text(partial), std::nullopt);
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_NE(gaps[0].reason.find("wrapped many times"), std::string::npos) << gaps[0].reason;
}

TEST_F(SignalsTest, NamesTheClassOfWhatIsNoFunction) {
    EXPECT_EQ(handler_text(image.object(image.type("Stopper", heap_type))), "instance of Stopper");
    const Address metaclass = image.type("type", std::uint64_t{1} << 31);
    const Address stopper = image.type("Stopper");
    image.set(stopper, Field::object_ob_type, metaclass);
    EXPECT_EQ(handler_text(stopper), "class Stopper");
    const Address partial = image.object(image.type("partial", heap_type));
    EXPECT_EQ(handler_text(partial), "instance of partial") << "a class of the program's own";
}

TEST_F(SignalsTest, TakesNoClassOfTheProgramForABuiltinType) {
    EXPECT_EQ(handler_text(image.object(image.type("function", heap_type))), "instance of function");
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
