#include "domain/evaluation/measures.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <functional>

namespace chengshu::evaluation {
namespace {

/// The marks whose days cases are counted on.
constexpr const char* kFiled = "filed";
constexpr const char* kClosed = "closed";

std::bitset<kAtomsMax> state_of(const cases::Case& value, const Evaluation& evaluation) {
    std::bitset<kAtomsMax> out;
    for (std::size_t i = 0; i < evaluation.atoms.size(); ++i) {
        out[i] = cases::holds(evaluation.atoms[i], value, nullptr);
    }
    return out;
}

std::int64_t
value_of(const Measure& measure, const cases::Case& value, const std::bitset<kAtomsMax>& state) {
    if (!measure.counted.holds(state) || (measure.has_exclusion && measure.excluded.holds(state))) {
        return 0;
    }
    if (measure.sum.empty()) {
        return 1;
    }
    const auto found = value.counters.find(measure.sum);
    const std::int64_t count = found == value.counters.end() ? 0 : found->second;
    return std::max<std::int64_t>(0, count - measure.minus);
}

template <class Map>
const typename Map::mapped_type* find(const Map& map, const std::string& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

template <class T>
bool alike(const T* left, const T* right) {
    return left == nullptr || right == nullptr ? left == right : *left == *right;
}

Facts change_of(const Facts& before, const Facts& after) {
    Facts out;
    for (std::size_t bit = 0; bit < out.values.size(); ++bit) {
        out.values[bit] = after.values[bit] - before.values[bit];
        out.mask |= out.values[bit] != 0 ? std::int64_t{1} << bit : 0;
    }
    return out;
}

/// True when what the two cases count for differs in values alone: `after` says in which cells.
bool same_subjects(
    const cases::Case& before,
    const cases::Case& after,
    const Evaluation& evaluation
) {
    const auto same_actor = [&](const std::string& action) {
        return alike(find(before.done_by, action), find(after.done_by, action));
    };
    // What had no day yet counted nothing on it.
    const auto same_day = [&](const char* mark) {
        return !before.marks.contains(mark) ||
               alike(find(before.marks, mark), find(after.marks, mark));
    };
    return before.reported_at == after.reported_at && before.path == after.path &&
           before.department == after.department && before.source == after.source &&
           before.collector == after.collector &&
           (evaluation.dimensions.empty() || before.category == after.category) &&
           same_day(kFiled) && same_day(kClosed) &&
           std::all_of(
               evaluation.subjects.begin(),
               evaluation.subjects.end(),
               [&](const Subject& subject) {
                   return std::all_of(subject.actions.begin(), subject.actions.end(), same_actor);
               }
           );
}

}  // namespace

const Measure* Evaluation::measure(std::string_view measure_code) const {
    const auto found = std::find_if(measures.begin(), measures.end(), [&](const Measure& item) {
        return item.code == measure_code;
    });
    return found == measures.end() ? nullptr : &*found;
}

Status Evaluation::check_source(std::string_view source_code) const {
    constexpr std::size_t kNamed = 3;
    std::vector<std::string> known;
    for (const auto& item : sources) {
        if (item.code == source_code) {
            return ok();
        }
        known.push_back(item.code);
    }
    if (known.empty()) {
        return ok();
    }
    return fail(
        ErrorCode::UnknownCode,
        fmt::format(
            "\"{}\" is not a source of this city; nearest: {}",
            source_code,
            fmt::join(nearest_names(source_code, known, kNamed), ", ")
        ),
        "source"
    );
}

Label Evaluation::source_name(std::string_view source_code) const {
    const auto found = std::find_if(sources.begin(), sources.end(), [&](const Source& item) {
        return item.code == source_code;
    });
    return found == sources.end() ? Label{std::string(source_code), std::string(source_code)}
                                  : found->name;
}

const Subject* Evaluation::subject(std::string_view kind) const {
    const auto found = std::find_if(subjects.begin(), subjects.end(), [&](const Subject& item) {
        return item.kind == kind;
    });
    return found == subjects.end() ? nullptr : &*found;
}

const Dimension* Evaluation::dimension(std::string_view dimension_code) const {
    const auto found = std::find_if(dimensions.begin(), dimensions.end(), [&](const auto& item) {
        return item.code == dimension_code;
    });
    return found == dimensions.end() ? nullptr : &*found;
}

std::vector<std::string> Evaluation::cell_kinds() const {
    std::vector<std::string> out;
    for (const auto& subject : subjects) {
        out.push_back(subject.kind);
    }
    for (const auto& dimension : dimensions) {
        out.push_back(dimension.kind);
    }
    return out;
}

const Dimension::Member* Dimension::member(std::string_view member_code) const {
    const auto found = std::find_if(members.begin(), members.end(), [&](const Member& item) {
        return item.code == member_code;
    });
    return found == members.end() ? nullptr : &*found;
}

const std::string& Dimension::member_of(const cases::Case& value) const {
    if (from == From::Source) {
        return value.source;
    }
    static const std::string kNone = kNoClass;
    if (value.category.empty()) {
        return kNone;
    }
    const auto found = classes.find(value.category);
    return found == classes.end() ? value.category : found->second;
}

std::vector<std::string> Dimension::categories_of(const std::string& member_code) const {
    // A class is a category too, and a case may have it when nothing finer is known.
    std::vector<std::string> out{member_code == kNoClass ? std::string() : member_code};
    for (const auto& [category, its_class] : classes) {
        if (its_class == member_code) {
            out.push_back(category);
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

indicators::CaseMeasures case_measures(const Evaluation& evaluation) {
    indicators::CaseMeasures out;
    for (const auto& item : evaluation.measures) {
        out.measures.push_back(
            {item.code, item.name, {item.bit, item.raw_bit}, evaluation.path, item.line}
        );
    }
    for (const auto& item : evaluation.subjects) {
        out.subjects.push_back(item.kind);
    }
    for (const auto& item : evaluation.dimensions) {
        auto& dimension = out.dimensions.emplace_back();
        dimension.code = item.code;
        dimension.levels = item.levels;
        for (const auto& member : item.members) {
            dimension.members.push_back(member.code);
        }
    }
    return out;
}

Facts facts_of(const cases::Case& value, const Evaluation& evaluation) {
    const auto state = state_of(value, evaluation);
    const std::array<bool, kCountDays> has{
        true, value.marks.contains(kFiled), value.marks.contains(kClosed)
    };
    Facts out;
    for (const auto& measure : evaluation.measures) {
        if (!has[static_cast<std::size_t>(measure.day)]) {
            continue;
        }
        const auto count = value_of(measure, value, state);
        if (count != 0) {
            out.mask |= std::int64_t{1} << measure.bit;
            out.values[static_cast<std::size_t>(measure.bit)] = count;
        }
    }
    return out;
}

int day_of(const cases::Case& value, CountDay day, const TimeZone& zone) {
    if (day == CountDay::Reported) {
        return date_key(zone.local_date(value.reported_at));
    }
    const auto found = value.marks.find(day == CountDay::Filed ? kFiled : kClosed);
    return found == value.marks.end() ? 0 : date_key(zone.local_date(found->second));
}

std::vector<Contribution>
contributions(const cases::Case& value, const Evaluation& evaluation, const TimeZone& zone) {
    const auto facts = facts_of(value, evaluation);
    CellSums sums(evaluation, zone);
    sums.add(nullptr, {value, facts});
    return sums.contributions();
}

std::size_t CellSums::KeyHash::operator()(const Key& key) const noexcept {
    constexpr std::size_t kSpread = 0x9e3779b97f4a7c15;
    const std::hash<std::string_view> hash;
    return ((hash(key.subject) * kSpread + hash(key.member)) * kSpread + hash(key.kind)) * kSpread +
           static_cast<std::size_t>(key.day);
}

void CellSums::add(const Counted* before, const Counted& after) {
    if (before == nullptr) {
        add_part(after.value, after.facts, 1);
    } else if (same_subjects(before->value, after.value, evaluation_)) {
        add_part(after.value, change_of(before->facts, after.facts), 1);
    } else {
        add_part(before->value, before->facts, -1);
        add_part(after.value, after.facts, 1);
    }
}

void CellSums::add_part(const cases::Case& value, const Facts& facts, int sign) {
    if (facts.mask == 0) {
        return;
    }
    Part part{value, facts, sign, {}};
    for (std::size_t day = 0; day < kCountDays; ++day) {
        part.days[day] = day_of(value, static_cast<CountDay>(day), zone_);
    }
    for (const auto& subject : evaluation_.subjects) {
        add_subject(subject, part);
    }
    for (const auto& dimension : evaluation_.dimensions) {
        add_members(dimension, part);
    }
}

void CellSums::add_subject(const Subject& subject, const Part& part) {
    switch (subject.from) {
        case Subject::From::Path:
            for (const auto& area : part.value.path) {
                add_cells(subject.kind, area, {}, part);
            }
            break;
        case Subject::From::Department:
            add_cells(subject.kind, part.value.department, {}, part);
            break;
        case Subject::From::Source:
            add_cells(subject.kind, part.value.source, {}, part);
            break;
        case Subject::From::Collector:
            add_account(subject.kind, part.value.collector, part);
            break;
        case Subject::From::DoneBy:
            add_actors(subject, part);
            break;
    }
}

void CellSums::add_actors(const Subject& subject, const Part& part) {
    const auto& actions = subject.actions;
    for (auto action = actions.begin(); action != actions.end(); ++action) {
        const auto* login = find(part.value.done_by, *action);
        // Somebody who did several of the actions counts the case once.
        if (login != nullptr && std::none_of(actions.begin(), action, [&](const auto& earlier) {
                return alike(find(part.value.done_by, earlier), login);
            })) {
            add_account(subject.kind, *login, part);
        }
    }
}

void CellSums::add_members(const Dimension& dimension, const Part& part) {
    const auto& member = dimension.member_of(part.value);
    if (member.empty()) {
        return;
    }
    for (const auto& area : part.value.path) {
        if (dimension.areas.contains(area)) {
            add_cells(dimension.kind, area, member, part);
        }
    }
}

void CellSums::add_account(std::string_view kind, std::string_view login, const Part& part) {
    if (login != "system" && login != "public") {
        add_cells(kind, login, {}, part);
    }
}

void CellSums::add_cells(
    std::string_view kind,
    std::string_view subject,
    std::string_view member,
    const Part& part
) {
    if (subject.empty()) {
        return;
    }
    for (std::size_t day = 0; day < kCountDays; ++day) {
        auto left = static_cast<std::uint64_t>(part.facts.mask & evaluation_.day_masks[day]);
        if (left == 0) {
            continue;
        }
        auto& sum = sums_[{kind, subject, member, part.days[day]}];
        for (; left != 0; left &= left - 1) {
            const auto bit = static_cast<std::size_t>(std::countr_zero(left));
            sum[bit] += part.sign * part.facts.values[bit];
        }
    }
}

std::vector<Contribution> CellSums::contributions() const {
    std::vector<Contribution> out;
    out.reserve(sums_.size());
    for (const auto& [key, sum] : sums_) {
        const auto last =
            std::find_if(sum.rbegin(), sum.rend(), [](auto value) { return value != 0; });
        if (last != sum.rend()) {
            out.emplace_back(
                CellKey{
                    std::string(key.kind),
                    key.member.empty() ? std::string(key.subject)
                                       : indicators::member_code(key.subject, key.member),
                    key.day
                },
                std::vector<std::int64_t>(sum.begin(), last.base())
            );
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace chengshu::evaluation
