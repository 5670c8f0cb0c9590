#pragma once

#include "base/result.hpp"
#include "domain/access/principal.hpp"
#include "edge/http/message.hpp"
#include "edge/open311/internal/catalogue.hpp"
#include "edge/open311/internal/document.hpp"
#include "edge/open311/open311.hpp"
#include "services/unit_of_work.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace chengshu::open311 {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// One request, its fields read and its caller recognised.
struct Call {
    const Ports& ports;
    const http::Request& request;  ///< valid until the handler returns
    std::shared_ptr<const Catalogue> catalogue;
    access::Principal who;
    Instant now;
    Instant started;       ///< of the server
    std::string language;  ///< "zh" or "en"
    std::string subject;   ///< the id in the address, or empty
    Fields fields;         ///< of the query, then of the form
    std::vector<http::Part> files;

    [[nodiscard]] const services::Definitions& definitions() const {
        return *catalogue->definitions();
    }

    [[nodiscard]] const city::City& city() const { return catalogue->city(); }

    /// First value that is not empty, without the blanks at its ends; else empty.
    [[nodiscard]] std::string field(std::string_view name) const;
    /// All values of a field, also of its "name[]" form, split at commas, without empty ones.
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
    /// `zh` or `en`, as the reader wants it.
    [[nodiscard]] std::string say(std::string_view zh, std::string_view en) const;
};

struct Document {
    Item root;
    http::Headers headers;
};

/// A change: `work` runs on the writer and gives a JSON text; `respond` makes the answer from it
/// after the commit (also from the stored text of an earlier request with the same key).
struct Write {
    std::function<Result<std::string>(services::UnitOfWork&)> work;
    std::function<Item(std::string_view)> respond;
    std::string idempotency_key;
    std::string fingerprint;
};

/// Everything that is wrong with a request, so that it can be mended at once.
using Problems = std::vector<Error>;

using Outcome = std::variant<Document, Write, Problems>;

Result<Outcome> get_discovery(const Call& call);
Result<Outcome> list_services(const Call& call);
Result<Outcome> get_service(const Call& call);
Result<Outcome> post_request(const Call& call);
Result<Outcome> list_requests(const Call& call);
Result<Outcome> get_request(const Call& call);
Result<Outcome> get_token(const Call& call);
Result<Outcome> list_updates(const Call& call);
Result<Outcome> post_update(const Call& call);

/// The errors as Open311 writes them, and the HTTP status of the first.
Item errors_item(const Problems& problems, std::string_view language);
int status_of(ErrorCode code);

/// Reads a form into fields and files. UnsupportedMedia, InvalidInput, TooLarge.
Status read_form(const http::Request& request, Fields& fields, std::vector<http::Part>& files);
/// http(s) addresses of the field media_url; InvalidInput.
Result<std::vector<std::string>> media_urls_of(const Call& call);
/// The key of the Idempotency-Key header, scoped to the caller, or empty; InvalidInput.
Result<std::string> idempotency_key_of(const Call& call);
/// Digest of what is asked, the same for a retry that was encoded anew.
std::string fingerprint_of(const Call& call);

}  // namespace chengshu::open311
