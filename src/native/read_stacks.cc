#include "subint_doctor/native/read_stacks.h"

#include <utility>

#include "arch.h"
#include "code_files.h"
#include "unwind.h"

namespace subint_doctor::native {
namespace {

constexpr std::size_t most_frames = 512;
constexpr std::size_t most_frames_in_all = 1U << 16;  // of one inspection, each of some 200 bytes

}  // namespace

std::uint64_t bytes_below_stack_pointer() { return arch::red_zone_bytes; }

class StackReader::Reading {
public:
    Reading(const os::Target& target, std::span<const Mapping> mappings) : files_(target, mappings) {}

    StackReading read(const StackCopy& copy) {
        StackReading reading;
        NativeStack& stack = reading.stack;
        const CopiedStack copied{copy.start, copy.bytes};
        Activation activation{registers_of(copy)};
        while (may_go_on(stack)) {
            const std::optional<Place> place = files_.find(activation.at());
            UnwindStep step = unwind(activation, place, copied, files_);
            add_frame(stack, activation, place, step);
            if (step.result != Unwound::caller) {
                stack.complete = step.result == Unwound::end;
                stack.problem = std::move(step.problem);
                reading.lacks_registers = step.lacks_register;
                break;
            }
            // Stacks grow down; only a signal's frame may lead to another one.
            if (!step.signal_frame && step.caller.stack_pointer() <= activation.stack_pointer()) {
                stack.problem = "the caller of the last frame would lie below it";
                break;
            }
            activation = step.caller;
        }
        return reading;
    }

private:
    static arch::Registers registers_of(const StackCopy& copy) {
        arch::Registers registers = arch::by_dwarf_number(copy.registers);
        if (!copy.pointers_only) return registers;
        registers.fill(std::nullopt);
        registers[arch::stack_pointer] = copy.registers.stack_pointer.value;
        registers[arch::return_address] = copy.registers.instruction_pointer.value;
        return registers;
    }

    bool may_go_on(NativeStack& stack) {
        if (stack.frames.size() >= most_frames) stack.problem = "it has more frames than are read";
        if (frames_in_all_ >= most_frames_in_all) stack.problem = "the threads have more frames in all than are read";
        ++frames_in_all_;
        return stack.problem.empty();
    }

    static void add_frame(NativeStack& stack, const Activation& activation, const std::optional<Place>& place,
                          const UnwindStep& step) {
        NativeFrame frame;
        frame.address = activation.next_instruction();
        frame.via = activation.via;
        frame.signal_frame = step.signal_frame;
        frame.stack.start = {activation.stack_pointer()};
        if (step.result == Unwound::caller && step.caller.stack_pointer() > activation.stack_pointer()) {
            frame.stack.size = step.caller.stack_pointer() - activation.stack_pointer();
        }
        if (place && !place->mapping->path.empty()) frame.library = place->mapping->path;
        if (place && place->file != nullptr) {
            frame.library_offset = place->address + (activation.next_instruction().value - activation.at().value);
            if (const std::string* name = place->file->function(place->address)) frame.function = *name;
        }
        stack.frames.push_back(std::move(frame));
    }

    CodeFiles files_;
    std::size_t frames_in_all_ = 0;
};

StackReader::StackReader(const os::Target& target, std::span<const Mapping> mappings)
    : reading_(std::make_unique<Reading>(target, mappings)) {}

StackReader::~StackReader() = default;

StackReading StackReader::read(const StackCopy& copy) { return reading_->read(copy); }

}  // namespace subint_doctor::native
