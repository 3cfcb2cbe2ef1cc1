#include <gtest/gtest.h>

#include "decode_attributes.h"
#include "python_image.h"
#include "random_layout.h"

namespace subint_doctor::test {
namespace {

using cpython::Field;
using Items = std::vector<std::pair<std::string, Address>>;

constexpr Address first{0x1110};
constexpr Address second{0x2220};

class AttributesTest : public testing::Test {
protected:
    Result<std::optional<Address>> item(Address dict, std::string_view key) {
        const cpython::BlockCache cache(memory);
        const cpython::StructReader structs(cache, layout);
        cpython::Objects objects(structs);
        return cpython::find_item(objects, dict, key);
    }

    Result<std::optional<Address>> attribute(Address object, std::string_view name) {
        const cpython::BlockCache cache(memory);
        const cpython::StructReader structs(cache, layout);
        cpython::Objects objects(structs);
        return cpython::find_attribute(objects, object, name);
    }

    std::uint64_t offset(Field field) const { return *layout.offset(field); }
    Address keys_of(Address dict) { return *read_value<Address>(memory, dict + offset(Field::dict_ma_keys)); }

    FakeMemory memory;
    cpython::Layout layout = random_layout(Address{0x100000}, 5);
    PythonImage image{memory, layout, Address{0x200000}};
    const Items items = {{"a", first}, {"_name", second}, {"gone", Address{}}};
};

TEST_F(AttributesTest, FindsItemsOfADict) {
    const Address dict = image.dict(items);
    EXPECT_EQ(*item(dict, "a"), first);
    EXPECT_EQ(*item(dict, "_name"), second);
    EXPECT_EQ(*item(dict, "gone"), std::nullopt);
    EXPECT_EQ(*item(dict, "_nam"), std::nullopt);
}

TEST_F(AttributesTest, FindsItemsAmongMany) {
    Items many;
    for (int i = 0; i < 700; ++i) many.push_back({"module" + std::to_string(i), Address{0x100000ULL + unsigned(i)}});
    const Address dict = image.dict(many);
    EXPECT_EQ(*item(dict, "module699"), (Address{0x100000 + 699}));
    EXPECT_EQ(*item(dict, "module0"), Address{0x100000});
    EXPECT_EQ(*item(dict, "module700"), std::nullopt);
}

TEST_F(AttributesTest, FindsItemsOfADictWithOtherKeysToo) {
    const Address dict = image.dict(items);
    const Address keys = keys_of(dict);
    image.set(keys, Field::keys_kind, std::uint8_t{0});
    const Address entry = keys + offset(Field::keys_indices) + 64 + offset(Field::entry_size);
    image.set(entry, Field::entry_key, image.str("_name"));
    image.set(entry, Field::entry_value, first);
    EXPECT_EQ(*item(dict, "_name"), first);
}

TEST_F(AttributesTest, FindsItemsOfASplitDict) {
    const Address dict = image.dict(items);
    const Address values = image.allocate(2048);
    image.set(dict, Field::dict_ma_values, values);
    memory.put_value(values + offset(Field::values_values) + 8, first);
    EXPECT_EQ(*item(dict, "_name"), first);
    EXPECT_EQ(*item(dict, "a"), std::nullopt);
}

TEST_F(AttributesTest, RefusesWhatIsNoDict) {
    EXPECT_EQ(item(image.str("x"), "a").error().code, ErrorCode::corrupt);
    EXPECT_EQ(item(Address{0x10}, "a").error().code, ErrorCode::unreadable);
    const Address dict = image.dict(items);
    image.set(keys_of(dict), Field::keys_nentries, std::uint64_t{1} << 20);
    EXPECT_EQ(item(dict, "a").error().code, ErrorCode::limit);
    image.set(keys_of(dict), Field::keys_kind, std::uint8_t{3});
    EXPECT_EQ(item(dict, "a").error().code, ErrorCode::corrupt);
}

TEST_F(AttributesTest, FindsInlineValues) {
    const Address object = image.instance("Thread", items);
    EXPECT_EQ(*attribute(object, "_name"), second);
    EXPECT_EQ(*attribute(object, "missing"), std::nullopt);
    image.set(object + 2048, Field::values_valid, std::uint8_t{0});
    EXPECT_EQ(*attribute(object, "_name"), std::nullopt) << "values that moved elsewhere were read";
}

TEST_F(AttributesTest, PrefersTheDictOfAnObjectThatHasOne) {
    const Address object = image.instance("Thread", items);
    memory.put_value(object - offset(Field::object_managed_dict), image.dict(Items{{"_name", first}}));
    EXPECT_EQ(*attribute(object, "_name"), first);
}

TEST_F(AttributesTest, AnObjectWithoutADictHasNone) {
    EXPECT_EQ(*attribute(image.object(image.type("int")), "_name"), std::nullopt);
}

}  // namespace
}  // namespace subint_doctor::test
