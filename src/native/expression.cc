#include "expression.h"

#include <algorithm>
#include <vector>

#include "cursor.h"

namespace subint_doctor::native {
namespace {

constexpr std::size_t most_steps = 1'000;  // it may jump back
constexpr std::size_t deepest = 64;

// DW_OP_*, DWARF 5 section 7.7.1.
enum Operation : std::uint8_t {
    addr = 0x03,
    deref = 0x06,
    const1u = 0x08,
    const1s = 0x09,
    const2u = 0x0a,
    const2s = 0x0b,
    const4u = 0x0c,
    const4s = 0x0d,
    const8u = 0x0e,
    const8s = 0x0f,
    constu = 0x10,
    consts = 0x11,
    dup = 0x12,
    drop = 0x13,
    over = 0x14,
    pick = 0x15,
    swap = 0x16,
    rot = 0x17,
    abs = 0x19,
    bit_and = 0x1a,
    div = 0x1b,
    minus = 0x1c,
    mod = 0x1d,
    mul = 0x1e,
    neg = 0x1f,
    bit_not = 0x20,
    bit_or = 0x21,
    plus = 0x22,
    plus_uconst = 0x23,
    shl = 0x24,
    shr = 0x25,
    shra = 0x26,
    bit_xor = 0x27,
    bra = 0x28,
    eq = 0x29,
    ge = 0x2a,
    gt = 0x2b,
    le = 0x2c,
    lt = 0x2d,
    ne = 0x2e,
    skip = 0x2f,
    lit0 = 0x30,
    lit31 = 0x4f,
    breg0 = 0x70,
    breg31 = 0x8f,
    bregx = 0x92,
    deref_size = 0x94,
    nop = 0x96,
};

std::int64_t as_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t as_unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }

class Machine {
public:
    Machine(std::span<const std::byte> expression, const arch::Registers& registers, const ReadWord& read)
        : cursor_(expression), registers_(registers), read_(read) {}

    std::optional<std::uint64_t> run(std::optional<std::uint64_t> first) {
        if (first) push(*first);
        for (std::size_t step = 0; !cursor_.at_end() && good_; ++step) {
            if (step == most_steps) return std::nullopt;
            one(cursor_.take<std::uint8_t>());
        }
        if (!good_ || cursor_.failed() || stack_.empty()) return std::nullopt;
        return stack_.back();
    }

private:
    void push(std::uint64_t value) {
        if (stack_.size() == deepest) good_ = false;
        if (good_) stack_.push_back(value);
    }
    void push(std::int64_t value) { push(as_unsigned(value)); }
    std::uint64_t pop() {
        const std::uint64_t value = peek(0);
        if (!stack_.empty()) stack_.pop_back();
        return value;
    }
    std::uint64_t peek(std::size_t depth) {
        if (depth < stack_.size()) return stack_[stack_.size() - 1 - depth];
        good_ = false;
        return 0;
    }
    void push_register(std::uint64_t number, std::int64_t offset) {
        if (number >= registers_.size() || !registers_[static_cast<std::size_t>(number)]) good_ = false;
        if (good_) push(*registers_[static_cast<std::size_t>(number)] + as_unsigned(offset));
    }
    void push_memory(std::uint64_t address, unsigned bytes) {
        const std::optional<std::uint64_t> word = read_(address);
        if (!word || bytes == 0 || bytes > sizeof *word) good_ = false;
        if (good_) push(bytes == sizeof *word ? *word : *word & ((std::uint64_t{1} << (bytes * 8U)) - 1U));
    }

    void one(std::uint8_t operation) {
        if (operation >= lit0 && operation <= lit31) return push(std::uint64_t{operation} - lit0);
        if (operation >= breg0 && operation <= breg31) return push_register(operation - breg0, cursor_.sleb());
        switch (operation) {
            case addr:
            case const8u:
            case const8s:
                return push(cursor_.take<std::uint64_t>());
            case const1u:
                return push(std::uint64_t{cursor_.take<std::uint8_t>()});
            case const1s:
                return push(std::int64_t{cursor_.take<std::int8_t>()});
            case const2u:
                return push(std::uint64_t{cursor_.take<std::uint16_t>()});
            case const2s:
                return push(std::int64_t{cursor_.take<std::int16_t>()});
            case const4u:
                return push(std::uint64_t{cursor_.take<std::uint32_t>()});
            case const4s:
                return push(std::int64_t{cursor_.take<std::int32_t>()});
            case constu:
                return push(cursor_.uleb());
            case consts:
                return push(cursor_.sleb());
            case bregx: {
                const std::uint64_t number = cursor_.uleb();
                return push_register(number, cursor_.sleb());
            }
            case nop:
                return;
            case skip:
                return cursor_.move(cursor_.take<std::int16_t>());
            case bra: {
                const auto distance = cursor_.take<std::int16_t>();
                if (pop() != 0) cursor_.move(distance);
                return;
            }
            default:
                return on_stack(operation);
        }
    }

    void on_stack(std::uint8_t operation) {
        switch (operation) {
            case dup:
                return push(peek(0));
            case drop:
                pop();
                return;
            case over:
                return push(peek(1));
            case pick:
                return push(peek(cursor_.take<std::uint8_t>()));
            case swap:
                return rotate(2);
            case rot:
                return rotate(3);
            case deref:
                return push_memory(pop(), sizeof(std::uint64_t));
            case deref_size: {
                const auto bytes = cursor_.take<std::uint8_t>();
                return push_memory(pop(), bytes);
            }
            case abs: {
                const std::uint64_t value = pop();
                return push(as_signed(value) < 0 ? std::uint64_t{0} - value : value);
            }
            case neg:
                return push(std::uint64_t{0} - pop());
            case bit_not:
                return push(~pop());
            case plus_uconst:
                return push(pop() + cursor_.uleb());
            default:
                return on_two(operation);
        }
    }

    // The topmost becomes the `count`th.
    void rotate(std::size_t count) {
        if (stack_.size() < count) good_ = false;
        if (good_) std::rotate(stack_.end() - as_signed(count), stack_.end() - 1, stack_.end());
    }

    void on_two(std::uint8_t operation) {
        const std::uint64_t right = pop();
        const std::uint64_t left = pop();
        const bool shifts_out = right >= 64;
        switch (operation) {
            case bit_and:
                return push(left & right);
            case bit_or:
                return push(left | right);
            case bit_xor:
                return push(left ^ right);
            case minus:
                return push(left - right);
            case plus:
                return push(left + right);
            case mul:
                return push(left * right);
            case div:
                return divide(left, right);
            case mod:
                if (right == 0) good_ = false;
                if (good_) push(left % right);
                return;
            case shl:
                return push(shifts_out ? 0 : left << right);
            case shr:
                return push(shifts_out ? 0 : left >> right);
            case shra:
                return push(as_signed(left) >> (shifts_out ? 63 : right));
            case eq:
                return push(std::uint64_t{left == right});
            case ne:
                return push(std::uint64_t{left != right});
            case ge:
                return push(std::uint64_t{as_signed(left) >= as_signed(right)});
            case gt:
                return push(std::uint64_t{as_signed(left) > as_signed(right)});
            case le:
                return push(std::uint64_t{as_signed(left) <= as_signed(right)});
            case lt:
                return push(std::uint64_t{as_signed(left) < as_signed(right)});
            default:
                good_ = false;
        }
    }

    void divide(std::uint64_t left, std::uint64_t right) {
        constexpr std::int64_t minus_one = -1;
        if (right == 0) good_ = false;
        if (!good_) return;
        push(as_signed(right) == minus_one ? std::uint64_t{0} - left : as_unsigned(as_signed(left) / as_signed(right)));
    }

    Cursor cursor_;
    const arch::Registers& registers_;
    const ReadWord& read_;
    std::vector<std::uint64_t> stack_;
    bool good_ = true;
};

}  // namespace

std::optional<std::uint64_t> compute(std::span<const std::byte> expression, const arch::Registers& registers,
                                     std::optional<std::uint64_t> first, const ReadWord& read) {
    return Machine(expression, registers, read).run(first);
}

}  // namespace subint_doctor::native
