#include "own_stack.h"

#include <pthread.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace subint_doctor::test {

// From the names of <sys/ucontext.h> to the order of user_regs_struct, <sys/user.h>.
os::Registers registers_of(const void* ucontext) {
    const auto& saved = static_cast<const ucontext_t*>(ucontext)->uc_mcontext.gregs;
    constexpr std::array order = {REG_R15, REG_R14, REG_R13, REG_R12, REG_RBP, REG_RBX, REG_R11, REG_R10,
                                  REG_R9,  REG_R8,  REG_RAX, REG_RCX, REG_RDX, REG_RSI, REG_RDI};
    constexpr std::size_t rip = 16;
    constexpr std::size_t rsp = 19;
    os::Registers registers;
    for (std::size_t n = 0; n < order.size(); ++n) registers.all[n] = static_cast<std::uint64_t>(saved[order[n]]);
    registers.all[rip] = static_cast<std::uint64_t>(saved[REG_RIP]);
    registers.all[rsp] = static_cast<std::uint64_t>(saved[REG_RSP]);
    registers.instruction_pointer = {registers.all[rip]};
    registers.stack_pointer = {registers.all[rsp]};
    return registers;
}

OwnStack copy_own_stack(std::size_t most_bytes) {
    OwnStack stack;
    ucontext_t context;
    getcontext(&context);
    stack.registers = registers_of(&context);
    stack.start = stack.registers.stack_pointer - native::bytes_below_stack_pointer();
    pthread_attr_t facts;
    pthread_getattr_np(pthread_self(), &facts);
    void* lowest = nullptr;
    std::size_t size = 0;
    pthread_attr_getstack(&facts, &lowest, &size);
    pthread_attr_destroy(&facts);
    const std::uint64_t end = reinterpret_cast<std::uint64_t>(lowest) + size;
    stack.bytes.resize(std::min<std::uint64_t>(end - stack.start.value, most_bytes));
    // The kernel copies: AddressSanitizer lets nobody else read between variables.
    const iovec into{stack.bytes.data(), stack.bytes.size()};
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    const iovec from{reinterpret_cast<void*>(stack.start.value), stack.bytes.size()};
    if (process_vm_readv(getpid(), &into, 1, &from, 1, 0) < 0) stack.bytes.clear();
    return stack;
}

}  // namespace subint_doctor::test
