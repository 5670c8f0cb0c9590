#include "services/replay/readings.hpp"

#include "base/json_text.hpp"
#include "domain/city/csv.hpp"
#include "domain/sensing/quality.hpp"
#include "services/replay/life.hpp"
#include "services/replay/yaml_failure.hpp"
#include "services/response/responses.hpp"
#include "services/sensing/terminals.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <unordered_map>
#include <utility>

namespace chengshu::services::replay {
namespace {

constexpr std::size_t kRowsPerAppend = 10'000;
/// How long people still work on cases after the last reading.
constexpr std::chrono::hours kAfterwards{72};

struct ReadingsPlan {
    std::string path;
    std::string time_format;
    std::string time;
    std::string thing;
};

Result<ReadingsPlan> read_readings_plan(const city::CityFile& file) {
    try {
        const auto root = YAML::Load(file.content);
        return ReadingsPlan{
            file.path,
            root["time_format"].as<std::string>(),
            root["time"].as<std::string>(),
            root["thing"].as<std::string>()
        };
    } catch (const YAML::Exception& error) {
        return yaml_failure(file.path, error);
    }
}

/// A value of the table on its way to the store.
struct Reading {
    std::int64_t at = 0;
    std::int64_t stream = 0;
    std::size_t terminal = 0;  ///< position in the report
    std::optional<double> number;
    std::string text;
};

struct Column {
    std::size_t field = 0;
    std::string quantity;
    bool is_number = false;
};

/// What is followed of one stream while the table is read and stored.
struct Stream {
    std::size_t terminal = 0;
    std::int64_t feature = 0;
    sensing::QualityRule rule;
    sensing::QualityState state;
    bool had_reading = false;
    bool in_gap = false;
    std::int64_t known_upto = 0;  ///< phenomenon time that the store already reaches
    bool known = false;
};

class ReadingsReplay {
public:
    ReadingsReplay(
        Engine& engine,
        const Definitions& definitions,
        SensingEntities& entities,
        AlarmRules& alarms,
        RuleWatch& rules,
        ReadingsPlan plan,
        std::size_t batch
    )
        : definitions_(definitions),
          entities_(entities),
          alarms_(alarms),
          rules_(rules),
          plan_(std::move(plan)),
          runner_(engine, batch),
          cast_(*definitions.city),
          life_(definitions, cast_) {}

    Result<ReadingsReport>
    run(std::string_view table, const std::function<void(std::int64_t, std::int64_t)>& progress) {
        CS_CHECK(read(table));
        // Ids in the order of time: so it would have been, had they come when they were made.
        std::stable_sort(readings_.begin(), readings_.end(), [](const auto& a, const auto& b) {
            return a.at < b.at;
        });
        const auto total = static_cast<std::int64_t>(readings_.size());
        CS_CHECK(store(total, progress));
        CS_CHECK(count_stored());
        CS_CHECK(look(total, progress));
        return std::move(out_);
    }

private:
    Failure mistake(int line, const std::string& what) const {
        return fail(
            ErrorCode::InvalidInput, fmt::format("{}: data line {}: {}", plan_.path, line, what)
        );
    }

    Result<Instant> time_of(std::string_view text, int line) const {
        std::tm fields{};
        std::istringstream in{std::string(text)};
        in.imbue(std::locale::classic());
        in >> std::get_time(&fields, plan_.time_format.c_str());
        if (in.fail()) {
            return mistake(line, fmt::format("'{}' is not a time as {}", text, plan_.time_format));
        }
        const auto day = std::chrono::local_days{
            std::chrono::year{fields.tm_year + 1900} / (fields.tm_mon + 1) / fields.tm_mday
        };
        const auto clock = std::chrono::hours{fields.tm_hour} +
                           std::chrono::minutes{fields.tm_min} +
                           std::chrono::seconds{fields.tm_sec};
        return definitions_.city->calendar().zone().to_instant(LocalTime{day} + clock);
    }

    Status read_header(const city::CsvReader& reader) {
        const auto& header = reader.row();
        time_field_ = header.size();
        thing_field_ = header.size();
        for (std::size_t i = 0; i < header.size(); ++i) {
            const std::string name(header[i].text);
            const auto* quantity = definitions_.city->terminals().quantity(name);
            if (name == plan_.time) {
                time_field_ = i;
            } else if (name == plan_.thing) {
                thing_field_ = i;
            } else if (quantity != nullptr) {
                columns_.push_back({i, name, !quantity->unit.empty()});
            } else {
                return mistake(reader.line(), fmt::format("column '{}' is no quantity", name));
            }
        }
        if (time_field_ == header.size() || thing_field_ == header.size() || columns_.empty()) {
            return mistake(reader.line(), "the columns of time, thing and values are needed");
        }
        width_ = header.size();
        return ok();
    }

    /// The streams of a terminal by column; made known when its first row comes.
    Result<const std::vector<std::int64_t>*> streams_of(const std::string& code, int line) {
        const auto known = streams_of_.find(code);
        if (known != streams_of_.end()) {
            return &known->second;
        }
        const auto& registry = entities_.registry();
        const auto thing = registry.thing_by_code(code);
        if (thing == 0) {
            return mistake(line, fmt::format("there is no thing {}; load the city first", code));
        }
        const auto terminal = out_.terminals.size();
        out_.terminals.push_back({});
        out_.terminals.back().code = code;
        std::vector<std::int64_t> list;
        for (const auto& column : columns_) {
            const auto id = stream_of(registry, thing, column.quantity);
            const auto entity = registry.find({sensing::EntityType::Datastream, id});
            if (!entity) {
                return mistake(
                    line, fmt::format("thing {} has no Datastream {}", code, column.quantity)
                );
            }
            auto& stream = streams_[id];
            stream.terminal = terminal;
            stream.feature = entities_.known_feature(*entity);
            const auto place = place_of(registry, *entity);
            stream.rule = quality_rule(*definitions_.city, place.quantity, place.interval_s);
            CS_TRY(summary, entities_.observations().summary(id));
            if (summary) {
                stream.known = true;
                stream.known_upto = summary->last_phenomenon;
            }
            list.push_back(id);
        }
        return &streams_of_.emplace(code, std::move(list)).first->second;
    }

    Status read(std::string_view table) {
        city::CsvReader reader(table);
        if (!reader.next()) {
            return mistake(1, reader.error() ? reader.error()->message.en : "there is no header");
        }
        CS_CHECK(read_header(reader));
        while (reader.next()) {
            const auto& row = reader.row();
            if (row.size() != width_) {
                return mistake(reader.line(), fmt::format("{} fields, not {}", row.size(), width_));
            }
            CS_TRY(streams, streams_of(std::string(row[thing_field_].text), reader.line()));
            CS_TRY(at, time_of(row[time_field_].text, reader.line()));
            first_ = first_ == 0 ? to_millis(at) : std::min(first_, to_millis(at));
            last_ = std::max(last_, to_millis(at));
            ++out_.terminals[streams_.at(streams->front()).terminal].rows;
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                CS_CHECK(read_value(
                    (*streams)[i], columns_[i], row[columns_[i].field].text, at, reader.line()
                ));
            }
        }
        if (reader.error()) {
            return mistake(reader.error()->line, reader.error()->message.en);
        }
        return ok();
    }

    Status
    read_value(std::int64_t id, const Column& column, std::string_view text, Instant at, int line) {
        auto& stream = streams_.at(id);
        auto& totals = out_.terminals[stream.terminal];
        if (text.empty()) {
            ++totals.missing;
            stream.in_gap = stream.had_reading;
            return ok();
        }
        totals.gaps += stream.in_gap ? 1 : 0;
        stream.in_gap = false;
        stream.had_reading = true;
        ++totals.readings;
        Reading reading{to_millis(at), id, stream.terminal, std::nullopt, {}};
        if (column.is_number) {
            double value = 0;
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), value);
            if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
                return mistake(line, fmt::format("'{}' is not a number", text));
            }
            reading.number = value;
        } else {
            append_json_text(reading.text, text);
        }
        readings_.push_back(std::move(reading));
        return ok();
    }

    Status
    store(std::int64_t total, const std::function<void(std::int64_t, std::int64_t)>& progress) {
        auto& target = entities_.observations().store();
        CS_TRY(stats, target.stats());
        auto id = stats.last_id;
        ports::ObservationBatch batch;
        std::int64_t done = 0;
        const auto flush = [&]() -> Status {
            if (!batch.rows.empty()) {
                out_.added += static_cast<std::int64_t>(batch.rows.size());
                CS_CHECK(target.append({&batch, 1}));
                batch.rows.clear();
            }
            progress(done, total);
            return ok();
        };
        for (const auto& reading : readings_) {
            auto& stream = streams_.at(reading.stream);
            sensing::Observation row;
            row.stream = reading.stream;
            row.phenomenon_from = reading.at;
            row.phenomenon_to = reading.at;
            row.result_time = reading.at;
            row.received_at = reading.at;
            row.number = reading.number;
            row.result = reading.text;
            row.feature = stream.feature;
            row.quality = sensing::judge(stream.rule, stream.state, row);
            ++done;
            if (stream.known && reading.at <= stream.known_upto) {
                ++out_.known;
                continue;
            }
            row.id = ++id;
            batch.rows.push_back(std::move(row));
            if (batch.rows.size() == kRowsPerAppend) {
                CS_CHECK(flush());
            }
        }
        return flush();
    }

    /// Asks the store what it holds now, independently of what was just sent.
    Status count_stored() {
        ports::ObservationQuery query;
        for (const auto& [id, stream] : streams_) {
            query.streams.push_back(id);
        }
        std::sort(query.streams.begin(), query.streams.end());
        query.phenomenon_from.from = first_;
        query.phenomenon_from.to = last_;
        query.phenomenon_from.up_to_to = true;
        constexpr auto kGap = static_cast<std::uint32_t>(sensing::QualityFlag::AfterGap);
        return entities_.observations().store().each(query, [&](const sensing::Observation& row) {
            auto& totals = out_.terminals[streams_.at(row.stream).terminal];
            ++totals.stored;
            totals.flagged_gaps += (row.quality & kGap) != 0 ? 1 : 0;
            for (const auto name : sensing::quality_names(row.quality)) {
                ++out_.flags[std::string(name)];
            }
            return true;
        });
    }

    Status evaluate(Runner& runner, UnitOfWork& work, const ReadingsPage& page) {
        auto found = alarms_.evaluate(work, page.rows, page.upto);
        if (!found) {
            trouble_ = Status(Failure{found.error()});
            return Failure{std::move(found).error()};
        }
        auto& sum = out_.alarms;
        sum.raised += found->raised;
        sum.held += found->held;
        sum.refused += found->refused;
        sum.cleared += found->cleared;
        sum.problems.insert(sum.problems.end(), found->problems.begin(), found->problems.end());
        for (const auto id : found->cases) {
            sum.cases.push_back(id);
            CS_CHECK(begin_life(runner, work, id));
        }
        return judge(runner, work);
    }

    Status begin_life(Runner& runner, UnitOfWork& work, CaseId id) {
        CS_TRY(value, work.see_case(id));
        runner.watch(*value);
        life_.begin(
            runner,
            *value,
            true,
            static_cast<std::uint64_t>(id.value),
            work.now(),
            from_millis(last_) + kAfterwards
        );
        return ok();
    }

    /// What the warning rules say of the periods that have ended by now.
    Status judge(Runner& runner, UnitOfWork& work) {
        auto done = judge_pages(runner, work);
        if (!done) {
            trouble_ = Status(Failure{done.error()});
        }
        return done;
    }

    Status judge_pages(Runner& runner, UnitOfWork& work) {
        while (true) {
            CS_TRY(page, rules_.next(work.now()));
            if (!page.due()) {
                return ok();
            }
            CS_TRY(found, rules_.evaluate(work, page));
            // A commit that fails ends the replay; the next one reads where the rules are.
            rules_.settle(true);
            auto& sum = out_.alerts;
            sum.fired += found.fired;
            sum.raised += found.raised;
            sum.lowered += found.lowered;
            sum.cleared += found.cleared;
            sum.problems.insert(sum.problems.end(), found.problems.begin(), found.problems.end());
            for (const auto id : found.cases) {
                sum.cases.push_back(id);
                CS_CHECK(begin_life(runner, work, id));
            }
            for (const auto& response : found.responses) {
                sum.responses.push_back(response);
                CS_CHECK(give(runner, work, response));
            }
        }
    }

    Status give(Runner& runner, UnitOfWork& work, const std::string& response) {
        while (true) {
            CS_TRY(given, give_tasks(work, response, true));
            if (given.empty()) {
                return ok();
            }
            for (const auto id : given) {
                out_.alerts.cases.push_back(id);
                CS_CHECK(begin_life(runner, work, id));
            }
        }
    }

    /// The readings of one instant, from the page that is being worked through.
    Result<std::optional<ReadingsPage>> next_instant() {
        while (position_ == page_.rows.size()) {
            if (asked_ && !page_.more) {
                return std::optional<ReadingsPage>();
            }
            CS_TRY(page, alarms_.next(asked_ ? page_.upto : alarms_.cursor()));
            page_ = std::move(page);
            position_ = 0;
            asked_ = true;
        }
        ReadingsPage part;
        const auto at = page_.rows[position_].phenomenon_from;
        for (; position_ < page_.rows.size() && page_.rows[position_].phenomenon_from == at;
             ++position_) {
            part.upto = std::max(part.upto, page_.rows[position_].id);
            part.rows.push_back(std::move(page_.rows[position_]));
        }
        if (position_ == page_.rows.size()) {
            part.upto = page_.upto;
        }
        return std::optional(std::move(part));
    }

    Status
    look(std::int64_t total, const std::function<void(std::int64_t, std::int64_t)>& progress) {
        alarms_.set_generated(true);
        rules_.set_generated(true);
        const auto source = [&]() -> std::optional<std::pair<Instant, Happening>> {
            auto part = next_instant();
            if (!part || !*part) {
                trouble_ = part ? trouble_ : Status(Failure{part.error()});
                return std::nullopt;
            }
            const auto at = from_millis((*part)->rows.front().phenomenon_from);
            return std::pair{
                at, Happening([this, page = std::move(**part)](Runner& runner, UnitOfWork& work) {
                    return evaluate(runner, work, page);
                })
            };
        };
        auto outcome = runner_.run(source, from_millis(last_) + kAfterwards, [&](std::int64_t) {
            progress(total, total);
        });
        alarms_.settle(outcome.has_value() && trouble_.has_value());
        alarms_.set_generated(false);
        rules_.set_generated(false);
        CS_CHECK(outcome);
        CS_CHECK(trouble_);
        out_.outcome = std::move(*outcome);
        return ok();
    }

    const Definitions& definitions_;
    SensingEntities& entities_;
    AlarmRules& alarms_;
    RuleWatch& rules_;
    ReadingsPlan plan_;
    Runner runner_;
    Cast cast_;
    Life life_;

    std::size_t time_field_ = 0;
    std::size_t thing_field_ = 0;
    std::size_t width_ = 0;
    std::vector<Column> columns_;
    std::map<std::string, std::vector<std::int64_t>> streams_of_;  ///< by column, of each thing
    std::unordered_map<std::int64_t, Stream> streams_;
    std::vector<Reading> readings_;
    std::int64_t first_ = 0;
    std::int64_t last_ = 0;

    ReadingsPage page_;
    std::size_t position_ = 0;
    bool asked_ = false;
    Status trouble_ = ok();
    ReadingsReport out_;
};

}  // namespace

bool ReadingsReport::agrees() const {
    return std::all_of(terminals.begin(), terminals.end(), [](const TerminalTotals& totals) {
        return totals.stored == totals.readings && totals.flagged_gaps == totals.gaps;
    });
}

Result<ReadingsReport> replay_readings(
    Engine& engine,
    const Definitions& definitions,
    SensingEntities& entities,
    AlarmRules& alarms,
    RuleWatch& rules,
    const city::CityFile& plan_file,
    std::string_view table,
    std::size_t batch,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    CS_TRY(plan, read_readings_plan(plan_file));
    ReadingsReplay replay(engine, definitions, entities, alarms, rules, std::move(plan), batch);
    return replay.run(table, progress);
}

}  // namespace chengshu::services::replay
