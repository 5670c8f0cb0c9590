#include "settings.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

/// The settings file as such, and its first line as an override on the command line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace chengshu;
    static const int memory = ::memfd_create("settings", MFD_CLOEXEC);
    CS_ASSERT(memory >= 0 && ::ftruncate(memory, 0) == 0);
    CS_ASSERT(::pwrite(memory, data, size, 0) == static_cast<ssize_t>(size));
    const auto none = [](const char*) -> const char* { return nullptr; };
    const auto file = fmt::format("/proc/self/fd/{}", memory);
    const auto loaded = app::Settings::load(file, true, none, {});
    if (loaded) {
        const auto port = loaded->count("http.port");
        CS_ASSERT(port >= 0 && port <= 65535);
        CS_ASSERT(loaded->time("timers.interval").count() >= 100);
    } else {
        CS_ASSERT(!loaded.error().context.empty());
    }
    const std::string text{reinterpret_cast<const char*>(data), size};
    static_cast<void>(app::Settings::load("", false, none, {text.substr(0, text.find('\n'))}));
    return 0;
}
