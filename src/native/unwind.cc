#include "unwind.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "expression.h"

namespace subint_doctor::native {
namespace {

UnwindStep lost(std::string problem) { return {Unwound::lost, {}, false, std::move(problem)}; }

UnwindStep lost_for_lack_of_a_register() {
    return {Unwound::lost, {}, false, "who called the last frame is told by a register that is not known", true};
}

bool knows_all(const arch::Registers& registers) {
    return std::ranges::all_of(registers, [](const auto& value) { return value.has_value(); });
}

// The caller's registers by a row of call frame information; empty where the copy or the row does not give them.
class Application {
public:
    Application(const FrameRow& row, const arch::Registers& registers, const CopiedStack& stack)
        : row_(row), registers_(registers), read_([&stack](std::uint64_t address) { return stack.word(address); }) {}

    std::optional<arch::Registers> run() {
        const std::optional<std::uint64_t> address = frame_address();
        if (!address) return std::nullopt;
        arch::Registers caller = registers_;
        caller[arch::stack_pointer] = *address;
        for (std::size_t number = 0; number < caller.size(); ++number) {
            const RegisterRule& rule = row_.registers[number];
            if (rule.kind == RegisterRule::Kind::same || rule.kind == RegisterRule::Kind::undefined) continue;
            caller[number] = restore(rule, *address);
            if (!caller[number] && !is_unknown(rule)) return std::nullopt;
        }
        caller[arch::return_address] = caller[row_.return_register];
        return caller;
    }

private:
    std::optional<std::uint64_t> frame_address() const {
        if (row_.address_is_expression) return compute(row_.expressions[0], registers_, std::nullopt, read_);
        if (row_.address_register >= registers_.size()) return std::nullopt;
        const auto& base = registers_[static_cast<std::size_t>(row_.address_register)];
        if (!base) return std::nullopt;
        return *base + static_cast<std::uint64_t>(row_.address_offset);
    }

    std::optional<std::uint64_t> restore(const RegisterRule& rule, std::uint64_t frame_address) const {
        const auto value = static_cast<std::uint64_t>(rule.value);
        switch (rule.kind) {
            case RegisterRule::Kind::at_offset:
                return read_(frame_address + value);
            case RegisterRule::Kind::is_offset:
                return frame_address + value;
            case RegisterRule::Kind::in_register:
                if (value >= registers_.size()) return std::nullopt;
                return registers_[static_cast<std::size_t>(value)];
            case RegisterRule::Kind::is_expression:
                return computed(value, frame_address);
            case RegisterRule::Kind::at_expression: {
                const std::optional<std::uint64_t> address = computed(value, frame_address);
                return address ? read_(*address) : std::nullopt;
            }
            default:
                return std::nullopt;
        }
    }

    // Saved in a register that is not known: that is no fault of the copy.
    bool is_unknown(const RegisterRule& rule) const {
        const auto number = static_cast<std::uint64_t>(rule.value);
        return rule.kind == RegisterRule::Kind::in_register && number < registers_.size() &&
               !registers_[static_cast<std::size_t>(number)];
    }

    std::optional<std::uint64_t> computed(std::uint64_t expression, std::uint64_t frame_address) const {
        if (expression >= row_.expressions.size()) return std::nullopt;
        return compute(row_.expressions[static_cast<std::size_t>(expression)], registers_, frame_address, read_);
    }

    const FrameRow& row_;
    const arch::Registers& registers_;
    ReadWord read_;
};

bool lacks_register(const FrameRow& row, const arch::Registers& registers) {
    if (row.address_is_expression) return !knows_all(registers);
    return row.address_register < registers.size() && !registers[static_cast<std::size_t>(row.address_register)];
}

UnwindStep by_row(const FoundRow& found, const Activation& activation, const CopiedStack& stack) {
    const FrameRow& row = found.row;
    UnwindStep step;
    step.signal_frame = row.signal_frame;
    if (row.registers[row.return_register].kind == RegisterRule::Kind::undefined) {
        step.result = Unwound::end;
        return step;
    }
    const std::optional<arch::Registers> registers = Application(row, activation.registers, stack).run();
    if (!registers && lacks_register(row, activation.registers)) return lost_for_lack_of_a_register();
    if (!registers) {
        step.problem = "the caller's registers lie outside of what was copied of the stack";
        return step;
    }
    step.caller = {*registers, found.by, row.signal_frame};
    step.result = step.caller.next_instruction() ? Unwound::caller : Unwound::end;
    return step;
}

bool is_signal_trampoline(const Activation& activation, const Place& place, CodeFiles& files) {
    std::array<std::byte, arch::signal_trampoline.size()> code{};
    const Address behind = activation.next_instruction() + code.size();
    return files.read_before(place, behind, code) &&
           std::memcmp(code.data(), arch::signal_trampoline.data(), code.size()) == 0;
}

// Of a C library whose trampoline has no call frame information. What the kernel saved is as good as the registers.
UnwindStep by_signal_frame(const Activation& activation, const CopiedStack& stack) {
    UnwindStep step;
    step.signal_frame = true;
    step.caller = {{}, FoundBy::start, true};
    for (std::size_t number = 0; number < arch::register_count; ++number) {
        const std::optional<std::uint64_t> saved = stack.word(activation.stack_pointer() + arch::saved_at[number]);
        if (!saved) return lost("what a signal interrupted lies outside of what was copied of the stack");
        step.caller.registers[number] = *saved;
    }
    step.result = Unwound::caller;
    return step;
}

bool is_behind_call(Address address, CodeFiles& files) {
    std::array<std::byte, arch::longest_call> code{};
    const std::optional<Place> place = files.find(address - 1);
    return place && files.read_before(*place, address, code) && arch::ends_with_call(code);
}

// The frame pointer's chain: the caller's frame pointer, and behind it where the function returns to.
UnwindStep by_frame_pointer(const Activation& activation, const CopiedStack& stack, CodeFiles& files,
                            const std::string& why) {
    constexpr std::uint64_t word = sizeof(std::uint64_t);
    if (!activation.registers[arch::frame_pointer]) return lost_for_lack_of_a_register();
    const std::uint64_t frame = *activation.registers[arch::frame_pointer];
    if (frame == 0 && !activation.was_interrupted) return {Unwound::end, {}, false, {}};  // psABI section 3.4.1
    const auto caller_frame = stack.word(frame);
    const auto return_address = stack.word(frame + word);
    if (frame < activation.stack_pointer() || frame % word != 0 || !caller_frame || !return_address) return lost(why);
    if (*return_address == 0) return {Unwound::end, {}, false, {}};
    if (!is_behind_call({*return_address}, files)) return lost(why);
    UnwindStep step;
    step.result = Unwound::caller;
    step.caller = {activation.registers, FoundBy::frame_pointer, false};
    step.caller.registers[arch::frame_pointer] = *caller_frame;
    step.caller.registers[arch::stack_pointer] = frame + 2 * word;
    step.caller.registers[arch::return_address] = *return_address;
    return step;
}

// A call to where no code is leaves nothing on the stack but where it came from.
UnwindStep by_return_address(const Activation& activation, const CopiedStack& stack, CodeFiles& files) {
    const std::uint64_t stack_pointer = activation.stack_pointer();
    const std::optional<std::uint64_t> return_address = stack.word(stack_pointer);
    if (!activation.was_interrupted || !return_address || !is_behind_call({*return_address}, files)) {
        return lost("it goes on where no code is mapped");
    }
    UnwindStep step;
    step.result = Unwound::caller;
    step.caller = {activation.registers, FoundBy::frame_pointer, false};
    step.caller.registers[arch::stack_pointer] = stack_pointer + sizeof *return_address;
    step.caller.registers[arch::return_address] = *return_address;
    return step;
}

std::string why_lost(const Place& place) {
    if (place.file != nullptr) return "the file of the last frame does not tell who called it, nor do frame pointers";
    if (place.mapping->path.empty()) return "it goes on in code without a file, which keeps no frame pointers";
    return "the file of the last frame cannot be read, and frame pointers do not tell who called it";
}

}  // namespace

std::optional<std::uint64_t> CopiedStack::word(std::uint64_t address) const {
    std::uint64_t value = 0;
    const std::uint64_t within = address - start.value;
    if (within >= bytes.size() || bytes.size() - within < sizeof value) return std::nullopt;
    std::memcpy(&value, bytes.data() + within, sizeof value);
    return value;
}

UnwindStep unwind(const Activation& activation, const std::optional<Place>& place, const CopiedStack& stack,
                  CodeFiles& files) {
    if (!place) return by_return_address(activation, stack, files);
    const FoundRow* row = place->file != nullptr ? place->file->row(place->address) : nullptr;
    if (row != nullptr) return by_row(*row, activation, stack);
    if (is_signal_trampoline(activation, *place, files)) return by_signal_frame(activation, stack);
    return by_frame_pointer(activation, stack, files, why_lost(*place));
}

}  // namespace subint_doctor::native
