// A fuzz target with a planted mistake. `./dev fuzz` must see it fail before it believes that
// others pass.

#include <cstddef>
#include <cstdint>
#include <memory>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto copy = std::make_unique<std::uint8_t[]>(size);
    for (std::size_t i = 0; i < size; ++i) {
        copy[i] = data[i];
    }
    if (size >= 3 && copy[0] == 'b' && copy[1] == 'u' && copy[2] == 'g') {
        const volatile std::uint8_t beyond = copy[size];
        static_cast<void>(beyond);
    }
    return 0;
}
