#include "services/replay/generated.hpp"

#include "services/replay/life.hpp"
#include "services/replay/yaml_failure.hpp"
#include "services/reports.hpp"
#include "services/transitions.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <numeric>

namespace chengshu::services::replay {
namespace {

struct Template {
    std::string category;
    std::int64_t weight = 1;
    std::vector<std::string> texts;
};

struct DayPlan {
    Date date;
    std::uint64_t seed = 0;
    std::int64_t reports = 0;
    std::vector<std::pair<std::string, std::int64_t>> sources;
    std::int64_t total = 0;
    std::int64_t closed_total = 0;
    std::vector<std::pair<std::string, double>> code_sets;
    std::vector<std::pair<std::string, double>> areas;
    double names_standard = 0;
    double at_component = 0;
    double repeated = 0;
    std::vector<Template> templates;
};

Result<DayPlan> read_day_plan(const city::CityFile& file, const city::City& city) {
    try {
        const auto root = YAML::Load(file.content);
        DayPlan plan;
        CS_TRY(date, parse_date(root["date"].as<std::string>()));
        plan.date = date;
        plan.seed = root["seed"].as<std::uint64_t>();
        plan.reports = root["reports"].as<std::int64_t>();
        for (const auto& item : root["sources"]) {
            plan.sources.emplace_back(item.first.as<std::string>(), item.second.as<std::int64_t>());
            plan.total += plan.sources.back().second;
        }
        plan.closed_total = root["closed_total"].as<std::int64_t>();
        for (const auto& item : root["code_sets"]) {
            plan.code_sets.emplace_back(item.first.as<std::string>(), item.second.as<double>());
        }
        for (const auto& item : root["areas"]) {
            plan.areas.emplace_back(item.first.as<std::string>(), item.second.as<double>());
        }
        plan.names_standard = root["names_standard"].as<double>();
        plan.at_component = root["at_component"].as<double>();
        plan.repeated = root["repeated"].as<double>();
        for (const auto& item : root["templates"]) {
            Template one{item["category"].as<std::string>(), item["weight"].as<std::int64_t>(), {}};
            for (const auto& text : item["texts"]) {
                one.texts.push_back(text.as<std::string>());
            }
            if (city.category(one.category) == nullptr || one.texts.empty() || one.weight <= 0) {
                return fail(
                    ErrorCode::InvalidInput,
                    fmt::format(
                        "{}:{}: a template names a known category, a weight and texts",
                        file.path,
                        item.Mark().line + 1
                    )
                );
            }
            plan.templates.push_back(std::move(one));
        }
        if (plan.total <= 0 || plan.templates.empty() || plan.areas.empty() ||
            plan.code_sets.empty()) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "{}: sources, code_sets, areas and templates must not be empty", file.path
                )
            );
        }
        return plan;
    } catch (const YAML::Exception& error) {
        return yaml_failure(file.path, error);
    }
}

/// Draws without replacement from counts, so that the totals are met exactly.
class Urn {
public:
    /// Scales `counts` to `size` draws by largest remainder.
    Urn(std::vector<std::int64_t> counts, std::int64_t size)
        : left_(counts.size()), remaining_(size) {
        const auto total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
        std::vector<std::pair<std::int64_t, std::size_t>> remainders;
        std::int64_t given = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            left_[i] = counts[i] * size / total;
            given += left_[i];
            remainders.emplace_back(-(counts[i] * size % total), i);
        }
        std::sort(remainders.begin(), remainders.end());
        for (std::size_t i = 0; given < size; ++i, ++given) {
            ++left_[remainders[i].second];
        }
    }

    std::size_t draw(SeededRandom& random) {
        auto at = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(remaining_--)));
        for (std::size_t i = 0; i < left_.size(); ++i) {
            if (at < left_[i]) {
                --left_[i];
                return i;
            }
            at -= left_[i];
        }
        CS_ASSERT(false);
        return 0;
    }

private:
    std::vector<std::int64_t> left_;
    std::int64_t remaining_;
};

template <class T>
const T& draw_share(const std::vector<std::pair<T, double>>& shares, SeededRandom& random) {
    double at = random.unit();
    for (const auto& [value, share] : shares) {
        if (at < share) {
            return value;
        }
        at -= share;
    }
    return shares.back().first;
}

/// Areas of the deepest level below an area, with a point inside each.
class Ground {
public:
    explicit Ground(const city::City& city) : city_(city) {
        const auto& deepest = city.levels().back().code;
        for (const auto& area : city.areas()) {
            if (area.level == deepest && city.boundary(area.code) != nullptr) {
                for (const auto& ancestor : city.path(area.code)) {
                    below_[ancestor].push_back(&area);
                }
            }
        }
    }

    [[nodiscard]] std::optional<city::Point>
    point_in(const std::string& area, SeededRandom& random, Date date) const {
        const auto found = below_.find(area);
        if (found == below_.end()) {
            return std::nullopt;
        }
        // The centre of a hollow outline can lie outside the city: then another one is drawn.
        for (int attempt = 0; attempt < 100; ++attempt) {
            const auto point = draw(found->second, random);
            if (city_.locate(point, date)) {
                return point;
            }
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] city::Point draw(const std::vector<const city::Area*>& list, SeededRandom& random)
        const {
        const auto* grid = list[random.below(list.size())];
        const auto& ring = city_.boundary(grid->code)->front().front();
        // A point on the way from the centre of the outline to one of its corners, well inside it.
        city::Point centre;
        for (const auto& corner : ring) {
            centre.lon += corner.lon / static_cast<double>(ring.size());
            centre.lat += corner.lat / static_cast<double>(ring.size());
        }
        const auto& corner = ring[random.below(ring.size())];
        const double along = random.unit() * 0.8;
        return city::Point{
            centre.lon + (corner.lon - centre.lon) * along,
            centre.lat + (corner.lat - centre.lat) * along
        };
    }

    const city::City& city_;
    std::map<std::string, std::vector<const city::Area*>, std::less<>> below_;
};

class Generator {
public:
    Generator(
        Engine& engine,
        const Definitions& definitions,
        DayPlan plan,
        GeneratedOptions options,
        std::size_t batch
    )
        : runner_(engine, batch),
          definitions_(definitions),
          plan_(std::move(plan)),
          options_(options),
          random_(plan_.seed),
          ground_(*definitions.city),
          cast_(*definitions.city),
          life_(definitions, cast_),
          reports_(options.reports.value_or(plan_.reports)),
          sources_(source_counts(), reports_),
          closing_({plan_.closed_total, plan_.total - plan_.closed_total}, reports_) {
        for (const auto& item : plan_.templates) {
            weights_ += item.weight;
        }
    }

    Result<GeneratedReport> run(const std::function<void(std::int64_t, std::int64_t)>& progress) {
        const auto& zone = definitions_.city->calendar().zone();
        const auto last_day = std::chrono::local_days{plan_.date};
        const auto as_of =
            zone.to_instant(LocalTime{last_day + std::chrono::days{1}} + std::chrono::hours{12});
        end_ = as_of;
        std::int64_t made = 0;
        const auto source = [&]() -> std::optional<std::pair<Instant, Happening>> {
            if (made == reports_) {
                return std::nullopt;
            }
            const auto at = time_of(made++);
            return std::pair{at, Happening([this](Runner&, UnitOfWork& work) {
                                 return report(work);
                             })};
        };
        CS_TRY(outcome, runner_.run(source, as_of, [&](std::int64_t) {
            progress(made, reports_);
        }));
        out_.outcome = std::move(outcome);
        out_.reports = made;
        return std::move(out_);
    }

private:
    std::vector<std::int64_t> source_counts() const {
        std::vector<std::int64_t> out;
        for (const auto& [code, count] : plan_.sources) {
            out.push_back(count);
        }
        return out;
    }

    /// Ascending: the n-th report lies in its own slice of the working part of its day
    /// (06:30–20:30).
    Instant time_of(std::int64_t n) {
        const auto per_day = (reports_ + options_.days - 1) / options_.days;
        const auto day = n / per_day;
        const auto of_day = n % per_day;
        constexpr double kOpenMs = 14.0 * 3'600'000;
        const auto ms = static_cast<std::int64_t>(
            kOpenMs * (static_cast<double>(of_day) + random_.unit()) / static_cast<double>(per_day)
        );
        const auto local =
            LocalTime{
                std::chrono::local_days{plan_.date} - std::chrono::days{options_.days - 1 - day}
            } +
            std::chrono::minutes{390} + Duration{ms};
        return definitions_.city->calendar().zone().to_instant(local);
    }

    const Template& draw_template() {
        auto at = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(weights_)));
        for (const auto& item : plan_.templates) {
            if (at < item.weight) {
                return item;
            }
            at -= item.weight;
        }
        return plan_.templates.back();
    }

    /// The template's category in the set, or in whichever set of the plan is valid on the day.
    [[nodiscard]] std::string
    category_for(const std::string& category, const std::string& set, Date day) const {
        const auto& city = *definitions_.city;
        const auto in_set = [&](const std::string& wanted) -> const city::Category* {
            const auto* own = city.category(category);
            if (own->code_set == wanted) {
                return own;
            }
            const auto counterparts = city.crosswalk(category, wanted);
            return counterparts.empty() ? nullptr : counterparts.front();
        };
        const auto* first = in_set(set);
        if (first != nullptr && first->validity.holds(day)) {
            return first->id;
        }
        for (const auto& [other, share] : plan_.code_sets) {
            const auto* found = in_set(other);
            if (found != nullptr && found->validity.holds(day)) {
                return found->id;
            }
        }
        return category;
    }

    intake::Report make(Date day) {
        intake::Report report;
        report.generated = true;
        const auto& item = draw_template();
        report.category = category_for(item.category, draw_share(plan_.code_sets, random_), day);
        report.description = item.texts[random_.below(item.texts.size())];
        const auto standards = definitions_.city->standards_of(report.category, day);
        if (!standards.empty() && random_.unit() < plan_.names_standard) {
            report.standard = standards[random_.below(standards.size())]->code;
        }
        const auto& area = draw_share(plan_.areas, random_);
        report.point = ground_.point_in(area, random_, day);
        if (!report.point) {
            report.area = area;
        }
        report.confirmed_new = options_.distinct;
        return report;
    }

    Status report(UnitOfWork& work) {
        const auto& source = plan_.sources[sources_.draw(random_)].first;
        const bool closes = closing_.draw(random_) == 0;
        ++out_.by_source[source];
        const auto day = definitions_.city->calendar().zone().local_date(work.now());
        auto report = make(day);
        if (!options_.distinct && !recent_.empty() && random_.unit() < plan_.repeated) {
            report = recent_[random_.below(recent_.size())];  // somebody else sees the same thing
        } else if (recent_.size() < kRecent) {
            recent_.push_back(report);
        } else {
            recent_[random_.below(kRecent)] = report;
        }
        report.source = source;
        access::Principal who;
        who.kind = access::PrincipalKind::System;
        who.account = "generator";
        if (source == "collector" && report.point) {
            CS_TRY(place, definitions_.city->locate(*report.point, day));
            if (const auto* collector = cast_.collector(place.path)) {
                who = *collector;
                report.collector = collector->account;
                report.self_handled = closes && random_.chance(5, 100);
            }
        }
        CS_TRY(filed, file_report(work, who, std::move(report)));
        runner_.watch(*filed.value);
        if (filed.state != "case") {
            return ok();
        }
        out_.planned_closed += closes ? 1 : 0;
        life_.begin(runner_, *filed.value, closes, random_.next(), work.now(), end_);
        return ok();
    }

    static constexpr std::size_t kRecent = 50;

    Runner runner_;
    const Definitions& definitions_;
    DayPlan plan_;
    GeneratedOptions options_;
    SeededRandom random_;
    Ground ground_;
    Cast cast_;
    Life life_;
    std::int64_t reports_;
    Urn sources_;
    Urn closing_;
    std::int64_t weights_ = 0;
    std::vector<intake::Report> recent_;
    Instant end_;
    GeneratedReport out_;
};

}  // namespace

Result<GeneratedReport> replay_generated(
    Engine& engine,
    const Definitions& definitions,
    const city::CityFile& plan_file,
    const GeneratedOptions& options,
    std::size_t batch,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    CS_TRY(plan, read_day_plan(plan_file, *definitions.city));
    if (options.days < 1 || options.days > 3660 || options.reports.value_or(1) < 1) {
        return fail(
            ErrorCode::InvalidInput,
            "a generated replay has at least one report and 1 to 3,660 days",
            "days"
        );
    }
    Generator generator(engine, definitions, std::move(plan), options, batch);
    return generator.run(progress);
}

}  // namespace chengshu::services::replay
