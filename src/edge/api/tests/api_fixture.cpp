#include "edge/api/tests/api_fixture.hpp"

#include "services/accounts.hpp"
#include "support/test_city.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace chengshu::api {
namespace {

void append(std::vector<city::CityFile>& files, const std::string& path, const std::string& lines) {
    for (auto& file : files) {
        if (file.path == path) {
            file.content += lines;
            return;
        }
    }
    std::abort();
}

constexpr std::string_view kTables = R"(tables:
  - code: people
    name: {zh: 常住人口, en: Residents}
    source: made up
    licence: CC0-1.0
    updated: 2025-09-01
    public: true
    file: table-people.csv
    key: [area]
    columns:
      - {code: area, name: {zh: 区域, en: Area}, type: area}
      - {code: residents, name: {zh: 人数, en: People}, type: number, unit: {zh: 人, en: people}}
  - code: firms
    name: {zh: 企业, en: Enterprises}
    owner: SAN
    source: made up
    updated: 2025-09-01
    every: {zh: 每月, en: every month}
    file: table-firms.csv
    columns:
      - {code: area, name: {zh: 区域, en: Area}, type: area}
      - {code: kind, name: {zh: 类别, en: Kind}, type: text}
      - {code: founded, name: {zh: 成立, en: Founded}, type: date}
)";

constexpr std::string_view kPeople = R"(area,residents,valid_from,valid_to
110101,50000,,2025-09-10
110101,60000,2025-09-10,
110102,20000,2025-01-01,
)";

constexpr std::string_view kFirms = R"(area,kind,founded
110101001,shop,2020-01-01
110101001,shop,
110101002,works,2021-01-01
110102001,shop,2022-01-01
)";

constexpr std::string_view kIndicators = R"(indicators:
  - {code: residents, name: {zh: 常住人口, en: Residents}, period: days, source: made up,
     areas: {as: sum, level: district}, table: {of: people, column: residents, as: sum}}
  - {code: shops, name: {zh: 商店, en: Shops}, period: [month, days], source: made up,
     areas: {as: sum, level: street}, table: {of: firms, as: count, where: {kind: shop}}}
  - {code: reports_per_10000, name: {zh: 万人上报数, en: Reports per 10 000}, precision: 2,
     period: days, source: made up, formula: 10000 * reported / residents}
pages:
  - {code: week, name: {zh: 一周, en: Week}, note: {zh: 说明, en: Note}, source: made up,
     indicators: [reported, filed], areas: ["110102", "110101"], parts: true, period: day,
     periods: 7, compare: previous}
  - {code: hotline, name: {zh: 热线, en: Hotline}, source: made up, indicators: [reported],
     by: source, member: hotline}
  - {code: busiest, name: {zh: 最忙, en: Busiest}, source: made up, indicators: [reported],
     level: street, shape: ranking, top: 2}
)";

services::DefinitionsPtr make_definitions() {
    testing::TestCityOptions options;
    options.files = {
        {"scenarios/test/evaluation.yaml",
         testing::source_file("scenarios/city-management/evaluation.yaml")},
        {"scenarios/test/indicators.yaml",
         testing::source_file("scenarios/city-management/indicators.yaml")},
        {"scenarios/test/indicators-pages.yaml",
         testing::source_file("scenarios/city-management/indicators-pages.yaml")},
        {"cities/testcity/tables.yaml", std::string(kTables)},
        {"cities/testcity/table-people.csv", std::string(kPeople)},
        {"cities/testcity/table-firms.csv", std::string(kFirms)},
        {"cities/testcity/indicators.yaml", std::string(kIndicators)}
    };
    auto files = testing::test_city_files(options);
    append(
        files,
        "cities/testcity/posts.csv",
        "acceptor-west,acceptor,,110101,西区受理员,Acceptor West\n"
        "dispatcher-west,dispatcher,,110101,西区派遣员,Dispatcher West\n"
        "leader-west,leader,,110101,西区领导,Leader West\n"
    );
    append(
        files,
        "cities/testcity/accounts.csv",
        "acceptor-west,受理员西,Acceptor West,acceptor-west\n"
        "dispatcher-west,派遣员西,Dispatcher West,dispatcher-west\n"
        "leader-west,领导西,Leader West,leader-west\n"
    );
    auto parsed = services::parse_definitions("testcity", files);
    if (!parsed.definitions) {
        std::fputs(testing::to_text(parsed.findings).c_str(), stderr);
        std::abort();
    }
    auto out = std::make_shared<services::Definitions>(*parsed.definitions);
    out->revision = "000001";
    return out;
}

/// Parsed once: every world of a test program has the same city.
services::DefinitionsPtr shared_definitions() {
    static const auto kDefinitions = make_definitions();
    return kDefinitions;
}

}  // namespace

std::string FakeSecrets::random_token(std::size_t bytes) {
    return sha256(fmt::format("token {} {}", ++made_, bytes)).substr(0, bytes);
}

Result<std::string> FakeSecrets::hash_password(std::string_view password) {
    return "hashed:" + std::string(password);
}

bool FakeSecrets::verify_password(std::string_view password, std::string_view encoded) {
    return encoded == "hashed:" + std::string(password);
}

std::string FakeSecrets::sha256(std::string_view bytes) {
    std::string out;
    for (std::uint64_t part = 0; part < 4; ++part) {
        std::uint64_t hash = 14695981039346656037ULL + part * 1099511628211ULL;
        for (const char c : bytes) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
            hash ^= hash >> 29U;
        }
        out += fmt::format("{:016x}", hash);
    }
    return out;
}

std::string FakeSecrets::hmac_sha256(std::string_view key, std::string_view bytes) {
    return sha256(std::string(key) + "\n" + std::string(bytes));
}

Result<std::string> MemoryBlobs::put(std::string_view bytes) {
    auto name = secrets_.sha256(bytes);
    blobs_[name] = bytes;
    return name;
}

Result<std::optional<std::string>> MemoryBlobs::get(std::string_view sha256) {
    const auto found = blobs_.find(sha256);
    return found == blobs_.end() ? std::optional<std::string>{} : std::optional(found->second);
}

Result<bool> MemoryBlobs::has(std::string_view sha256) {
    return blobs_.contains(sha256);
}

bool InlineSubmitter::submit(services::Job job) {
    if (full) {
        return false;
    }
    std::vector<services::Job> batch;
    batch.push_back(std::move(job));
    engine_.run(std::move(batch));
    return true;
}

json::value Reply::body() const {
    boost::system::error_code error;
    auto value = json::parse(text, error);
    return error ? json::value() : value;
}

json::value Reply::at(std::string_view path) const {
    auto value = body();
    while (!path.empty()) {
        const auto end = std::min(path.find('.'), path.size());
        const auto name = path.substr(0, end);
        path.remove_prefix(std::min(end + 1, path.size()));
        json::value next;
        if (value.is_object() && value.get_object().contains(name)) {
            next = value.get_object().at(name);
        } else if (value.is_array()) {
            std::size_t index = 0;
            std::from_chars(name.data(), name.data() + name.size(), index);
            next = index < value.get_array().size() ? value.get_array()[index] : json::value();
        }
        value = std::move(next);
    }
    return value;
}

json::array Reply::list(std::string_view path) const {
    const auto value = at(path);
    return value.is_array() ? value.get_array() : json::array();
}

std::string Reply::text_at(std::string_view path) const {
    const auto value = at(path);
    return value.is_string() ? std::string(std::string_view(value.get_string()))
           : value.is_null() ? std::string()
                             : json::serialize(value);
}

World::World() : definitions(shared_definitions()) {
    CS_ASSERT(live.start(nullptr).has_value());
    engine.on_commit([this](const ports::Changes& changes, Seq head) {
        principals.committed(changes);
        live.committed(changes, head);
    });
    services::Job job;
    job.work = [this](services::UnitOfWork& work) -> Result<std::string> {
        for (const auto& account : definitions.get()->city->demo_accounts()) {
            services::Account fresh;
            fresh.login = account.login;
            fresh.name = account.name;
            fresh.posts = account.posts;
            fresh.password_hash = *secrets.hash_password("right " + account.login);
            CS_CHECK(services::put_account(work, "test", fresh));
            const services::Token token{account.login, "personal", "test", work.now(), {}};
            CS_CHECK(
                services::put_token(work, "test", secrets.sha256(token_of(account.login)), token)
            );
        }
        return std::string();
    };
    job.done = [](const Result<std::string>& done) { CS_ASSERT(done.has_value()); };
    submitter.submit(std::move(job));
}

Reply World::call(
    std::string_view who,
    std::string_view method,
    std::string_view path,
    std::string_view body,
    std::vector<std::pair<std::string, std::string>> headers
) {
    http::Request request;
    request.method = method;
    request.target = std::string(kBasePath) + std::string(path);
    request.peer = "192.0.2.1";
    if (!who.empty()) {
        request.headers.set("Authorization", "Bearer " + token_of(who));
    }
    if (!body.empty()) {
        request.headers.set("Content-Type", "application/json");
        request.body = body;
    }
    request.headers.set("Accept-Language", "en");
    for (auto& [name, value] : headers) {
        request.headers.set(std::move(name), std::move(value));
    }
    Reply out;
    int replies = 0;
    api.handle(std::move(request), [&](http::Response response) {
        ++replies;
        out.status = response.status;
        out.headers = std::move(response.headers);
        out.text = std::move(response.body);
        out.stream = std::move(response.stream);
    });
    CS_ASSERT(replies == 1);
    return out;
}

std::string World::report(std::string_view category, double lon, double lat) {
    const auto reply = post(
        "acceptor",
        "/reports",
        {{"source", "hotline"},
         {"category", category},
         {"description", "有垃圾，电话13812345678"},
         {"lon", lon},
         {"lat", lat},
         {"address", "东一街道3号楼"},
         {"reporter", {{"name", "张三丰"}, {"phone", "13812345678"}}}}
    );
    if (reply.status != 201) {
        std::fputs((reply.text + "\n").c_str(), stderr);
    }
    return reply.text_at("case.id");
}

std::string World::act(std::string_view who, const std::string& number, json::object body) {
    const auto reply = post(who, "/cases/" + number + "/transitions", std::move(body));
    return reply.status == 200 ? reply.text_at("state.code") : reply.text_at("code");
}

}  // namespace chengshu::api
