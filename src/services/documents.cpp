#include "services/internal/documents.hpp"

#include <fmt/format.h>

namespace json = boost::json;

namespace chengshu::services {

Failure damaged(const ports::DocumentRow& row) {
    return fail(
        ErrorCode::Internal,
        fmt::format("stored {} {} is damaged", row.kind, row.kind == "token" ? "" : row.id)
    );
}

Result<json::object> object_of(const ports::DocumentRow& row) {
    boost::system::error_code error;
    auto value = json::parse(row.body, error);
    if (error || !value.is_object()) {
        return damaged(row);
    }
    return std::move(value.get_object());
}

}  // namespace chengshu::services
