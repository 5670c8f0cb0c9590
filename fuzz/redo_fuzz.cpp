#include "adapters/redo/changes_codec.hpp"
#include "base/assert.hpp"
#include "inputs.hpp"

#include <string>

/// An entry of the redo log, whose checksum was right by chance: what can be read is written and
/// read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto read = chengshu::redo::decode(chengshu::fuzz::text_of(data, size));
    if (read) {
        std::string once;
        chengshu::redo::encode(*read, once);
        const auto again = chengshu::redo::decode(once);
        CS_ASSERT(again);
        std::string twice;
        chengshu::redo::encode(*again, twice);
        CS_ASSERT(once == twice);
    }
    return 0;
}
