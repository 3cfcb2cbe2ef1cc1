#include <gtest/gtest.h>

#include <array>

#include "decode_strings.h"
#include "python_image.h"
#include "random_layout.h"

namespace subint_doctor::test {
namespace {

using namespace cpython;

class StringsTest : public testing::Test {
protected:
    Result<std::string> read(Address object, std::size_t limit = 100) {
        const BlockCache cache(memory);
        const StructReader structs(cache, layout);
        Objects objects(structs);
        return read_str(objects, object, limit);
    }
    Result<std::vector<std::byte>> read_raw(Address object, std::size_t limit) {
        const BlockCache cache(memory);
        const StructReader structs(cache, layout);
        Objects objects(structs);
        return read_bytes(objects, object, limit);
    }

    FakeMemory memory;
    Layout layout = random_layout(Address{0x100000}, 7);
    PythonImage image{memory, layout, Address{0x200000}};
};

TEST_F(StringsTest, ReadsEveryKind) {
    EXPECT_EQ(*read(image.str("")), "");
    EXPECT_EQ(*read(image.str("worker\x1b[0m")), "worker\x1b[0m");
    EXPECT_EQ(*read(image.wide_str(U"sub\u00e9", 1)), "sub\u00e9");
    EXPECT_EQ(*read(image.wide_str(U"\u540d\u524d a", 2)), "\u540d\u524d a");
    EXPECT_EQ(*read(image.wide_str(U"\U0001f40d\u00e9", 4)), "\U0001f40d\u00e9");
}

TEST_F(StringsTest, GivesBackUndecodableBytesAndReplacesOtherSurrogates) {
    const std::array<char32_t, 3> points = {0xdcff, 0xd800, 0x110000};
    EXPECT_EQ(*read(image.wide_str({points.data(), 1}, 2)), "\xff");
    EXPECT_EQ(*read(image.wide_str({points.data() + 1, 2}, 4)), "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_F(StringsTest, FollowsThePointerOfASubclassInstance) {
    const Address text = image.str("not compact");
    image.set(text, Field::unicode_state, std::uint32_t{1 << 2 | 1 << 6});
    image.set(text, Field::unicode_data, text + *layout.offset(Field::unicode_ascii_size) + 4);
    image.set(text, Field::unicode_length, std::uint64_t{7});
    EXPECT_EQ(*read(text), "compact");
}

TEST_F(StringsTest, CutsWhatIsTooLong) {
    EXPECT_EQ(*read(image.wide_str(U"\u540d\u524d\u540d", 2), 2), "\u540d\u524d");
    const Address huge = image.str("short");
    image.set(huge, Field::unicode_length, ~std::uint64_t{0} >> 1);
    EXPECT_EQ(*read(huge, 5), "short");
}

TEST_F(StringsTest, RefusesWhatIsNoStr) {
    EXPECT_EQ(read(image.bytes(std::array{std::byte{'a'}})).error().code, ErrorCode::corrupt);
    EXPECT_EQ(read(Address{0x10}).error().code, ErrorCode::unreadable);
    const Address negative = image.str("x");
    image.set(negative, Field::unicode_length, ~std::uint64_t{0});
    EXPECT_EQ(read(negative).error().code, ErrorCode::corrupt);
    const Address odd_kind = image.str("x");
    image.set(odd_kind, Field::unicode_state, std::uint32_t{3 << 2 | 1 << 5});
    EXPECT_EQ(read(odd_kind).error().code, ErrorCode::corrupt);
}

TEST_F(StringsTest, ReadsBytesWithinTheirLimit) {
    const std::array contents = {std::byte{1}, std::byte{0}, std::byte{255}};
    const Address object = image.bytes(contents);
    EXPECT_EQ(*read_raw(object, 3), std::vector<std::byte>(contents.begin(), contents.end()));
    EXPECT_EQ(read_raw(object, 2).error().code, ErrorCode::limit);
    EXPECT_EQ(read_raw(image.str("abc"), 3).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace subint_doctor::test
