#include "load/lifecycle.hpp"

#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace chengshu::load {

namespace {

enum Step : std::size_t { kCreate, kAssign, kResolve, kSearch };

constexpr std::array<const char*, 4> kStepNames{"create", "assign", "resolve", "search"};

// ---- what is sent: change the addresses and bodies here ----

std::string bearer(const std::string& token) {
    return token.empty() ? std::string{} : "Authorization: Bearer " + token + "\r\n";
}

void create_call(
    const LifecycleConfig& config,
    const Sample& sample,
    std::uint64_t nonce,
    Call& call
) {
    call.method = "POST";
    call.target = config.base + "/reports";
    call.headers = fmt::format(
        "Content-Type: application/json\r\nIdempotency-Key: load-{:016x}\r\n{}",
        nonce,
        bearer(config.reporter_token)
    );
    call.body = fmt::format(
        R"({{"source":"public","category":"{}","description":"压力测试上报 {:016x}",)"
        R"("lon":{},"lat":{})",
        sample.category,
        nonce,
        sample.lon,
        sample.lat
    );
    if (!sample.standard.empty()) {
        call.body += R"(,"standard":")" + sample.standard + '"';
    }
    call.body += '}';
}

void transition_call(
    const LifecycleConfig& config,
    const std::string& case_id,
    const std::string& token,
    const std::string& body,
    std::uint64_t nonce,
    Call& call
) {
    call.method = "POST";
    call.target = config.base + "/cases/" + case_id + "/transitions";
    call.headers = fmt::format(
        "Content-Type: application/json\r\nIdempotency-Key: load-{:016x}\r\n{}",
        nonce,
        bearer(token)
    );
    call.body = body;
}

void search_call(const LifecycleConfig& config, const std::string& case_id, Call& call) {
    call.method = "GET";
    call.target = config.base + "/cases?number=" + case_id;
    call.headers = bearer(config.dispatcher_token);
    call.body.clear();
}

/// The case number in the answer to create: the first string of 19 digits.
std::string case_id_in(std::string_view body) {
    constexpr std::size_t kDigits = 19;
    std::size_t run = 0;
    for (std::size_t i = 0; i < body.size(); ++i) {
        if (body[i] >= '0' && body[i] <= '9') {
            ++run;
            continue;
        }
        if (run == kDigits && body[i] == '"' && i > kDigits && body[i - kDigits - 1] == '"') {
            return std::string{body.substr(i - kDigits, kDigits)};
        }
        run = 0;
    }
    return {};
}

// ---- the script of one connection ----

class LifecycleScript final : public Script {
public:
    LifecycleScript(std::shared_ptr<const LifecycleConfig> config, std::size_t connection)
        : config_(std::move(config)), random_(config_->seed * 1'000'003 + connection) {}

    /// Samples are used in turn by all connections: a place used twice would be a duplicate report.
    const Sample& next_sample() {
        return config_->samples[(*config_->used)++ % config_->samples.size()];
    }

    std::size_t next(Call& call) override {
        switch (step_) {
            case kCreate:
                create_call(*config_, next_sample(), random_.next(), call);
                break;
            case kAssign:
                transition_call(
                    *config_,
                    case_id_,
                    config_->dispatcher_token,
                    config_->assign_body,
                    random_.next(),
                    call
                );
                break;
            case kResolve:
                transition_call(
                    *config_,
                    case_id_,
                    config_->handler_token,
                    config_->resolve_body,
                    random_.next(),
                    call
                );
                break;
            case kSearch:
                search_call(*config_, case_id_, call);
                break;
        }
        return step_;
    }

    Verdict on_response(int status, std::string_view body) override {
        bool good = status >= 200 && status < 300;
        if (good && step_ == kCreate) {
            case_id_ = case_id_in(body);
            good = !case_id_.empty();
        } else if (good && step_ == kSearch) {
            good = body.find(case_id_) != std::string_view::npos;  // it must be found
        }
        const bool done = !good || step_ == kSearch;
        step_ = done ? kCreate : static_cast<Step>(step_ + 1);
        return {.good = good, .job_done = done};
    }

    void on_failure() override { step_ = kCreate; }

private:
    std::shared_ptr<const LifecycleConfig> config_;
    SeededRandom random_;
    Step step_ = kCreate;
    std::string case_id_;
};

bool is_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

bool is_code(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
    });
}

}  // namespace

Result<std::vector<Sample>> parse_samples(std::string_view text) {
    std::vector<Sample> samples;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (!line.empty() && line.back() == '\r') {
            line.remove_suffix(1);
        }
        if (line.empty() || line.front() == '#') {
            continue;
        }
        std::vector<std::string_view> fields;
        while (fields.size() < 4) {
            const auto comma = line.find(',');
            fields.push_back(line.substr(0, comma));
            if (comma == std::string_view::npos) {
                line = {};
                break;
            }
            line.remove_prefix(comma + 1);
        }
        if (fields.size() != 4 || !line.empty() || fields[0].empty() || !is_code(fields[0]) ||
            !is_code(fields[1]) || !is_number(fields[2]) || !is_number(fields[3])) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("line {} of the samples is not category,standard,lon,lat", number),
                "samples"
            );
        }
        samples.push_back(
            {std::string{fields[0]},
             std::string{fields[1]},
             std::string{fields[2]},
             std::string{fields[3]}}
        );
    }
    if (samples.empty()) {
        return fail(ErrorCode::InvalidInput, "there are no samples", "samples");
    }
    return samples;
}

LifecycleScenario::LifecycleScenario(LifecycleConfig config)
    : config_(std::make_shared<const LifecycleConfig>(std::move(config))) {}

std::vector<std::string> LifecycleScenario::steps() const {
    return {kStepNames.begin(), kStepNames.end()};
}

std::unique_ptr<Script> LifecycleScenario::script(std::size_t connection) {
    return std::make_unique<LifecycleScript>(config_, connection);
}

}  // namespace chengshu::load
