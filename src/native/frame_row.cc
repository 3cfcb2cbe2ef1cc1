#include "frame_row.h"

#include <optional>
#include <utility>

#include "cursor.h"

namespace subint_doctor::native {
namespace {

constexpr std::size_t deepest_remembered = 16;
constexpr std::size_t most_expressions = 64;
constexpr std::size_t longest_expression = 256;

// DW_CFA_*, DWARF 5 section 7.24; the vendors' are of the GNU toolchain.
enum Operation : std::uint8_t {
    nop = 0x00,
    advance_loc1 = 0x02,
    advance_loc2 = 0x03,
    advance_loc4 = 0x04,
    offset_extended = 0x05,
    restore_extended = 0x06,
    undefined = 0x07,
    same_value = 0x08,
    in_register = 0x09,
    remember_state = 0x0a,
    restore_state = 0x0b,
    def_cfa = 0x0c,
    def_cfa_register = 0x0d,
    def_cfa_offset = 0x0e,
    def_cfa_expression = 0x0f,
    expression = 0x10,
    offset_extended_sf = 0x11,
    def_cfa_sf = 0x12,
    def_cfa_offset_sf = 0x13,
    val_offset = 0x14,
    val_offset_sf = 0x15,
    val_expression = 0x16,
    gnu_args_size = 0x2e,
    gnu_negative_offset_extended = 0x2f,
    // In the two upper bits, with an operand below.
    advance_loc = 0x40,
    offset = 0x80,
    restore = 0xc0,
};

class Machine {
public:
    Machine(const CommonFrame& common, std::uint64_t address) : common_(common), address_(address) {
        row_.return_register = static_cast<std::size_t>(common.return_register);
        row_.signal_frame = common.signal_frame;
        row_.expressions.resize(1);
    }

    // False where something was not understood.
    bool run(std::span<const std::byte> instructions, std::uint64_t location) {
        location_ = location;
        Cursor cursor(instructions);
        while (!cursor.at_end() && good_) {
            const auto byte = cursor.take<std::uint8_t>();
            const std::uint8_t operand = byte & 0x3fU;
            switch (byte & 0xc0U) {
                case advance_loc:
                    advance(operand);
                    break;
                case offset:
                    set(operand, RegisterRule::Kind::at_offset, factored(cursor.uleb()));
                    break;
                case restore:
                    restore_rule(operand);
                    break;
                default:
                    extended(static_cast<Operation>(byte), cursor);
                    break;
            }
            if (location_ > address_) break;  // and this one is not for here
        }
        return good_ && !cursor.failed();
    }

    void keep_as_initial() { initial_ = row_; }
    FrameRow take() { return std::move(row_); }

private:
    std::int64_t factored(std::uint64_t value) const {
        return static_cast<std::int64_t>(value * static_cast<std::uint64_t>(common_.data_alignment));
    }
    std::int64_t factored(std::int64_t value) const { return factored(static_cast<std::uint64_t>(value)); }

    void advance(std::uint64_t units) { location_ += units * common_.code_alignment; }

    // Registers that are not followed here (of vectors, of the coprocessor) are nobody's address.
    void set(std::uint64_t number, RegisterRule::Kind kind, std::int64_t value = 0) {
        if (number < row_.registers.size()) row_.registers[static_cast<std::size_t>(number)] = {kind, value};
    }
    void restore_rule(std::uint64_t number) {
        if (!initial_ || number >= row_.registers.size()) return;
        row_.registers[static_cast<std::size_t>(number)] = initial_->registers[static_cast<std::size_t>(number)];
    }

    void set_expression(std::uint64_t number, RegisterRule::Kind kind, Cursor& cursor) {
        Expression read = take_expression(cursor);
        if (row_.expressions.size() >= most_expressions) good_ = false;
        if (!good_) return;
        set(number, kind, static_cast<std::int64_t>(row_.expressions.size()));
        row_.expressions.push_back(std::move(read));
    }
    Expression take_expression(Cursor& cursor) {
        const std::uint64_t size = cursor.uleb();
        if (size > longest_expression) good_ = false;
        if (!good_) return {};
        const std::span<const std::byte> bytes = cursor.take_bytes(size);
        return {bytes.begin(), bytes.end()};
    }

    void set_address(std::uint64_t number, std::int64_t value) {
        row_.address_is_expression = false;
        row_.address_register = number;
        row_.address_offset = value;
    }

    void remember() {
        if (remembered_.size() == deepest_remembered) good_ = false;
        if (good_) remembered_.push_back(row_);
    }
    void restore_remembered() {
        if (remembered_.empty()) good_ = false;
        if (!good_) return;
        row_ = std::move(remembered_.back());
        remembered_.pop_back();
    }

    void extended(Operation operation, Cursor& cursor) {
        using Kind = RegisterRule::Kind;
        switch (operation) {
            case nop:
                return;
            case advance_loc1:
                return advance(cursor.take<std::uint8_t>());
            case advance_loc2:
                return advance(cursor.take<std::uint16_t>());
            case advance_loc4:
                return advance(cursor.take<std::uint32_t>());
            case restore_extended:
                return restore_rule(cursor.uleb());
            case undefined:
                return set(cursor.uleb(), Kind::undefined);
            case same_value:
                return set(cursor.uleb(), Kind::same);
            case remember_state:
                return remember();
            case restore_state:
                return restore_remembered();
            case def_cfa_register:
                return set_address(cursor.uleb(), row_.address_offset);
            case def_cfa_offset:
                return set_address(row_.address_register, static_cast<std::int64_t>(cursor.uleb()));
            case def_cfa_offset_sf:
                return set_address(row_.address_register, factored(cursor.sleb()));
            case def_cfa_expression:
                row_.address_is_expression = true;
                row_.expressions[0] = take_expression(cursor);
                return;
            case gnu_args_size:
                cursor.uleb();
                return;
            default:
                two_operands(operation, cursor);
                return;
        }
    }

    void two_operands(Operation operation, Cursor& cursor) {
        using Kind = RegisterRule::Kind;
        const std::uint64_t number = cursor.uleb();
        switch (operation) {
            case offset_extended:
                return set(number, Kind::at_offset, factored(cursor.uleb()));
            case offset_extended_sf:
                return set(number, Kind::at_offset, factored(cursor.sleb()));
            case gnu_negative_offset_extended:
                return set(number, Kind::at_offset, factored(std::uint64_t{0} - cursor.uleb()));
            case val_offset:
                return set(number, Kind::is_offset, factored(cursor.uleb()));
            case val_offset_sf:
                return set(number, Kind::is_offset, factored(cursor.sleb()));
            case in_register:
                return set(number, Kind::in_register, static_cast<std::int64_t>(cursor.uleb()));
            case def_cfa:
                return set_address(number, static_cast<std::int64_t>(cursor.uleb()));
            case def_cfa_sf:
                return set_address(number, factored(cursor.sleb()));
            case expression:
                return set_expression(number, Kind::at_expression, cursor);
            case val_expression:
                return set_expression(number, Kind::is_expression, cursor);
            default:
                good_ = false;
                return;
        }
    }

    const CommonFrame& common_;
    std::uint64_t address_;
    std::uint64_t location_ = 0;
    bool good_ = true;
    FrameRow row_;
    std::optional<FrameRow> initial_;
    std::vector<FrameRow> remembered_;
};

}  // namespace

Result<FrameRow> frame_row(const CommonFrame& common, const FunctionFrame& function, std::uint64_t address) {
    const Error bad{ErrorCode::corrupt, "reading call frame information"};
    if (common.return_register >= arch::register_count) return bad;
    Machine machine(common, address);
    if (!machine.run(common.instructions, function.start)) return bad;
    machine.keep_as_initial();
    if (!machine.run(function.instructions, function.start)) return bad;
    return machine.take();
}

}  // namespace subint_doctor::native
