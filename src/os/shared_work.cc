#include "shared_work.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <utility>

#include "numbers.h"
#include "proc_file.h"

namespace subint_doctor::os {
namespace {

constexpr std::size_t part_size = 8;  // what the end may have to wait for, if the helper loses its CPU
constexpr std::size_t worth_a_helper = 128;  // fewer are done before a helper has begun

// Of the CPUs that we may use one has nothing to do, as far as proc_loadavg(5) tells: its fourth field counts what runs
// or wants to, us included.
bool is_a_cpu_idle() {
    cpu_set_t cpus;
    std::string buffer;
    Result<std::string_view> text = read_text(AT_FDCWD, "/proc/loadavg", buffer);
    if (!text || sched_getaffinity(0, sizeof cpus, &cpus) != 0) return false;
    for (int n = 0; n < 3; ++n) take_word(*text);
    const std::string_view running = take_word(*text);
    const auto count = parse_decimal<int>(running.substr(0, running.find('/')));
    return count && *count < CPU_COUNT(&cpus);
}

// The CPUs that we may use, but for the one that we are on: the kernel starts a thread on its maker's CPU and moves it
// at a tick, milliseconds later. False: there is none.
bool other_cpus(cpu_set_t& cpus) {
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) return false;
    const int ours = sched_getcpu();
    if (ours >= 0) CPU_CLR(static_cast<std::size_t>(ours), &cpus);
    return CPU_COUNT(&cpus) > 0;
}

}  // namespace

SharedWork::SharedWork(std::size_t count, std::function<void(std::size_t, std::size_t)> work)
    : count_(count),
      work_(std::move(work)),
      has_helper_(count >= worth_a_helper && is_a_cpu_idle() && start_helper()) {}

SharedWork::~SharedWork() {
    next_ = count_;
    join();
}

void SharedWork::finish() {
    take_parts();
    join();
}

void SharedWork::join() {
    if (std::exchange(has_helper_, false)) pthread_join(helper_, nullptr);
}

void SharedWork::take_parts() {
    for (std::size_t begin = next_.fetch_add(part_size); begin < count_; begin = next_.fetch_add(part_size)) {
        work_(begin, std::min(begin + part_size, count_));
    }
}

// Whatever else wakes up on its CPU takes it from the helper: a patient that works is not kept waiting. SCHED_IDLE would
// do so too, but costs a third more time where nothing else wants the CPU.
void* SharedWork::help(void* work) {
    constexpr int gives_way = 19;
    setpriority(PRIO_PROCESS, 0, gives_way);  // of this thread alone, setpriority(2) NOTES
    static_cast<SharedWork*>(work)->take_parts();
    return nullptr;
}

bool SharedWork::start_helper() {
    cpu_set_t cpus;
    pthread_attr_t attributes;
    if (!other_cpus(cpus) || pthread_attr_init(&attributes) != 0) return false;
    const bool started = pthread_attr_setaffinity_np(&attributes, sizeof cpus, &cpus) == 0 &&
                         pthread_create(&helper_, &attributes, help, this) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

}  // namespace subint_doctor::os
