// Two functions that call each other and then back, built in several ways: what an unwinder has to get through.
using Callback = void (*)(void*);

namespace sample {

[[gnu::noinline]] static int inner(Callback callback, void* context) {
    volatile char room[48] = {1};  // a frame of its own
    callback(context);
    return room[0];
}

}  // namespace sample

extern "C" [[gnu::visibility("default")]] int native_sample(Callback callback, void* context) {
    volatile char room[80] = {2};
    return sample::inner(callback, context) + room[0];
}
