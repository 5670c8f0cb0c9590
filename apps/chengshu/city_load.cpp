#include "city_load.hpp"

#include "adapters/files/city_folder.hpp"
#include "services/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace chengshu::app {

Result<CheckedCity> check_city(const std::string& path) {
    // "…/cities/beijing" → root "…", code "beijing".
    auto folder = std::filesystem::path(path).lexically_normal();
    if (folder.filename().empty()) {
        folder = folder.parent_path();
    }
    if (folder.parent_path().filename() != "cities" || !std::filesystem::is_directory(folder)) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{} is not a city folder; write cities/<code>", path)
        );
    }
    const auto root = folder.parent_path().parent_path();
    auto code = folder.filename().string();
    CS_TRY(files, files::read_city(root.empty() ? "." : root, code));
    auto parsed = services::parse_definitions(code, files);
    return CheckedCity{std::move(code), std::move(files), std::move(parsed)};
}

Result<CityLoad> stage_city(
    services::UnitOfWork& work,
    ports::Secrets& secrets,
    const CheckedCity& city,
    const std::string& hash
) {
    CityLoad out;
    CS_TRY(loaded, services::load_city(work, secrets, city.code, city.files, "operator"));
    out.loaded = std::move(loaded);
    for (const auto& demo : city.parsed.definitions->city->demo_accounts()) {
        CS_TRY(known, work.document("account", demo.login));
        if (!known) {
            services::Account account;
            account.login = demo.login;
            account.name = demo.name;
            account.posts = demo.posts;
            account.password_hash = hash;
            CS_CHECK(services::put_account(work, "operator", account));
            ++out.accounts;
        }
    }
    return out;
}

Result<CityTaken> load_city_live(
    Runtime& run,
    services::CurrentDefinitions& definitions,
    services::Submitter& writer,
    const sensing::Registry& registry,
    const std::string& folder,
    const std::string& hash
) {
    CS_TRY(city, check_city(folder));
    if (!city.parsed.definitions) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("{} has mistakes; chengshu city check names them", folder)
        );
    }
    auto load = std::make_shared<CityLoad>();
    services::Job job;
    job.work = [&run, &city, &hash, load](services::UnitOfWork& work) -> Result<std::string> {
        CS_TRY(staged, stage_city(work, run.secrets, city, hash));
        *load = std::move(staged);
        return std::string("{}");
    };
    job.settled = [&definitions, &city, load](const Result<std::string>& reply) {
        if (reply && load->loaded.changed) {
            auto next = std::make_shared<services::Definitions>(*city.parsed.definitions);
            next->revision = load->loaded.revision;
            definitions.set(std::move(next));
        }
    };
    CS_CHECK(submit_and_wait(writer, std::move(job)));
    const auto& loaded = load->loaded;
    CityTaken out{loaded.revision, loaded.changed, loaded.counts_otherwise, load->accounts, 0};
    const auto& things = city.parsed.definitions->city->terminals().things;
    out.not_in_ledger = std::count_if(things.begin(), things.end(), [&](const auto& thing) {
        return registry.thing_by_code(thing.code) == 0;
    });
    return out;
}

}  // namespace chengshu::app
