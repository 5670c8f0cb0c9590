#include "base/assert.hpp"
#include "base/text.hpp"
#include "domain/sensing/ingest.hpp"

#include <cmath>
#include <cstdint>
#include <string_view>

namespace {

using namespace chengshu::sensing;

class Checker final : public ReadingSink {
public:
    bool reading(const Reading& reading) override {
        CS_ASSERT(reading.row >= last_ && reading.row != wrong_);
        last_ = reading.row;
        CS_ASSERT(reading.stream == 0 && !reading.thing.empty() && !reading.datastream.empty());
        CS_ASSERT(reading.number.has_value() == reading.result.empty());
        CS_ASSERT(!reading.number || std::isfinite(*reading.number));
        CS_ASSERT(chengshu::is_utf8(reading.result) && reading.extra.empty());
        CS_ASSERT(reading.result.find('\0') == std::string_view::npos);
        return true;
    }

    bool wrong(RowError error) override {
        CS_ASSERT(error.row > last_ && error.row > wrong_);  // a wrong line gives nothing else
        wrong_ = error.row;
        CS_ASSERT(!error.what.empty() && chengshu::is_utf8(error.what));
        CS_ASSERT(chengshu::is_utf8(error.field) && error.field.size() < 1'000);
        return true;
    }

private:
    std::int64_t last_ = 0;
    std::int64_t wrong_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Checker checker;
    read_lines({reinterpret_cast<const char*>(data), size}, TimeUnit::Nanoseconds, checker);
    return 0;
}
