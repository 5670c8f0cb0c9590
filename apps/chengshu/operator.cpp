#include "operator.hpp"

#include "account_change.hpp"
#include "city_load.hpp"
#include "readings.hpp"

namespace chengshu::app {

Result<std::unique_ptr<Control>> listen_to_operator(
    Runtime& run,
    services::CurrentDefinitions& definitions,
    WriterThread& writer,
    Sensing& sensing
) {
    Control::Works works;
    // `chengshu backup`: no other process can open the readings, unless they are in PostgreSQL.
    works.copy_readings = [&run, &sensing](const std::string& to, const Say& say) -> Status {
        if (run.settings.text("store.kind") == "postgres") {
            return fail(ErrorCode::RuleViolation, "the readings are part of the database");
        }
        CS_CHECK(copy_readings_to_file(
            sensing.store(),
            to,
            [&](const char*, std::int64_t done, std::int64_t total) { return say(done, total); }
        ));
        return ok();
    };
    works.load_city = [&](const std::string& folder, const std::string& hash) {
        return load_city_live(
            run, definitions, writer, sensing.entities().registry(), folder, hash
        );
    };
    works.change_account = [&](const AccountChange& change) {
        return change_account_live(definitions, writer, change);
    };
    return Control::listen(run.data, std::move(works));
}

}  // namespace chengshu::app
