#include "base/assert.hpp"
#include "services/accounts.hpp"
#include "services/attachments.hpp"
#include "services/consultations.hpp"

#include <cstdint>
#include <string>

using namespace chengshu;

namespace {

/// What can be read can be written, and is then read as the same text.
template <class T>
void read_as(const ports::DocumentRow& row) {
    const auto value = T::from_json(row);
    if (!value) {
        CS_ASSERT(!value.error().context.empty());
        return;
    }
    const auto text = value->to_json();
    const auto again = T::from_json({row.kind, row.id, text});
    CS_ASSERT(again && again->to_json() == text);
}

}  // namespace

/// Stored documents of every kind, as a damaged store or a restored backup may hold them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ports::DocumentRow row{"kind", "000001", {reinterpret_cast<const char*>(data), size}};
    read_as<services::Account>(row);
    read_as<services::Token>(row);
    read_as<services::Consultation>(row);
    read_as<services::StoredFile>(row);
    return 0;
}
