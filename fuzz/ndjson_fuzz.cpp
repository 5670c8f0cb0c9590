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
        count(reading.row);
        CS_ASSERT(reading.stream > 0 || (!reading.thing.empty() && !reading.datastream.empty()));
        CS_ASSERT(reading.number.has_value() == reading.result.empty());
        CS_ASSERT(!reading.number || std::isfinite(*reading.number));
        CS_ASSERT(!reading.from || reading.to >= *reading.from);
        CS_ASSERT(chengshu::is_utf8(reading.result) && chengshu::is_utf8(reading.extra));
        CS_ASSERT(reading.result.find('\0') == std::string_view::npos);
        return true;
    }

    bool wrong(RowError error) override {
        count(error.row);
        CS_ASSERT(!error.what.empty() && chengshu::is_utf8(error.what));
        CS_ASSERT(chengshu::is_utf8(error.field) && error.field.size() < 1'000);
        return true;
    }

private:
    void count(std::int64_t row) {
        CS_ASSERT(row > last_);  // one outcome a line
        last_ = row;
    }

    std::int64_t last_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Checker checker;
    read_ndjson({reinterpret_cast<const char*>(data), size}, TimeUnit::Milliseconds, checker);
    return 0;
}
