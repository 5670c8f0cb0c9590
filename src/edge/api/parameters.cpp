#include "edge/api/internal/schema.hpp"

#include <iterator>

namespace chengshu::api {
namespace {

std::vector<Parameter> make_parameters() {
    return {
        {"limit", "integer(1..200)", "items of a page; default 50"},
        {"cursor", "text(0..200)", "`next` of the page before"},
        {"q", "text(0..400)", "text: all its words must occur; two Chinese characters make a word"},
        {"number", "text(0..40)", "case number"},
        {"area", "text(0..64)", "code of an area: everything inside it"},
        {"state", "text(0..64)", "code of a state"},
        {"open", "flag", "true: not at an end"},
        {"category", "text(0..200)", "id of a category, or a prefix ending in *"},
        {"department", "text(0..64)", "code of a department"},
        {"source", "text(0..32)", "code of a source"},
        {"queue", "text(0..32)", "kind of post whose queue holds the case"},
        {"holder", "text(0..64)", "login of who has claimed it; `me` for the caller"},
        {"collector", "text(0..64)", "login of who reported it as a collector; `me` for the caller"
        },
        {"parent", "case_id", "cases that were merged into or split from this one"},
        {"from", "days", "first local day (or instant) of the report, included"},
        {"to", "days", "last local day of the report, included (an instant: excluded)"},
        {"parent:area", "text(0..64)", "code of the area right above"},
        {"parent:class", "text(0..64)", "code of the class"},
        {"from:hour", "instant", "first hour; default a week before `to`"},
        {"to:hour", "instant", "end of the last hour; default now"},
        {"from:day", "date", "first local day; default 29 days before the last"},
        {"to:day", "date", "last local day; default that of the newest report"},
        {"from:period", "date", "first local day; default today; its whole month or year counts"},
        {"to:period", "date", "last local day; default the first"},
        {"period",
         "text(0..32)",
         "how long a value stands for: hour, day, week, ten_days, month, month_from_19, quarter, "
         "half_year, year, 30_days, 24_hours; default the indicator's own"},
        {"compare",
         "=previous|last_year|both",
         "beside each value: that of the period before, of "
         "the same one a year before"},
        {"kind:subject", "text(0..32)", "kind of subject: area, department, source …; default area"
        },
        {"subject:place", "text(0..64)", "its code, when it is no area"},
        {"by",
         "text(0..64)",
         "code of a dimension: an area's values by its members, e.g. source; see /dimensions"},
        {"member", "text(0..200)", "code of one member of the dimension `by`; default all"},
        {"member:one", "text(0..200)", "code of one member of the dimension `by`"},
        {"area:sheet", "text(1..64)", "code of an area of the sheet's level"},
        {"day:sheet", "date", "any local day of the period; default that of the newest report"},
        {"rules", "date", "what if: calculate by the rules of this day"},
        {"at", "instant", "any moment of the period"},
        {"thing", "integer(1..9223372036854775807)", "number of a terminal, instead of an area"},
        {"day:rules", "date", "only versions that hold on the day"},
        {"at:table", "date", "only rows that hold on this local day"},
        {"near", "text(0..80)", "lon,lat,radius in metres (at most 20,000)"},
        {"measure", "text(0..64)", "exactly the cases that a figure counts"},
        {"measure_kind", "text(0..32)", "kind of subject of the figure; default area"},
        {"measure_subject", "text(0..64)", "its code; default the city"},
        {"measure_area", "text(0..64)", "short for measure_kind=area and measure_subject"},
        {"measure_by", "text(0..64)", "dimension of the figure, of an area"},
        {"measure_member", "text(0..200)", "its member"},
        {"measure_from", "date", "first local day of the figure"},
        {"measure_to", "date", "last local day of the figure"},
        {"scope",
         "=mine|all",
         "mine: only cases of the caller's posts (default for who has posts, unless a measure is "
         "asked for); all: others in the public view"},
        {"sort", "=newest", "the newest report first"},
        {"level", "text(0..32)", "code of a level"},
        {"level:alert", "=blue|yellow|orange|red", "of an alert; of one that is over, its gravest"},
        {"rule", "text(0..128)", "code of a rule"},
        {"type:thing", "text(0..64)", "type of a terminal, e.g. air_station"},
        {"code:thing", "text(0..64)", "unified code of a terminal"},
        {"hours", "integer(1..744)", "hours before the newest reading; default 72"},
        {"code_set", "text(0..64)", ""},
        {"kind", "text(0..32)", ""},
        {"lon", "number", "degrees"},
        {"lat", "number", "degrees"},
        {"datum", "=wgs84|gcj02", "of lon and lat; default wgs84"},
        {"day", "date", "local day; default that of the newest report"},
        {"days", "integer(1..400)", "default 30"},
        {"subject", "text(1..32)", "area, department, source, or post with `post`"},
        {"post", "text(0..32)", "kind of post to be scored, with subject=post"},
        {"formula", "text(0..64)", "default: the first for the subject"},
        {"after", "integer(0..9223372036854775807)", "continue after this journal position"},
        {"last", "integer(0..200)", "begin with so many of the newest entries"},
        {"case", "case_id", "only this case"},
        {"type", "text(0..64)", "type of entry"},
        {"actor", "text(0..64)", "login"},
        {"precision",
         "=ns|us|ms|s",
         "unit of times that are whole numbers; default ms in NDJSON, ns in line protocol"},
        {"all_or_nothing", "flag", "true: store nothing when a row is wrong"},
        {"dry_run", "flag", "true: check everything, store nothing"},
        {"page",
         "text(0..64)",
         "code of one of /pages: counts as what it says, as far as the query does not say "
         "otherwise"},
        {"indicators", "text(0..4000)", "codes of indicators, with commas between"},
        {"indicator:live", "text(1..64)", "code of an indicator"},
        {"indicator:entered", "text(0..64)", "code of an indicator; default all"},
        {"areas:feed", "text(0..4000)", "codes of areas, with commas between; default the city"},
        {"parts", "flag", "true: also the areas directly below, or those of `level`"},
        {"periods", "integer(1..400)", "so many periods, up to the last one; default 1"},
        {"shape", "=table|ranking|distribution", "how the values are laid out; default table"},
        {"top", "integer(1..1000)", "of a ranking: only so many from the first"},
        {"limit:rows", "integer(1..1000)", "rows at most; default 1000"},
        {"r", "text(0..64)", "anything; makes a new address for caches"},
    };
}

}  // namespace

std::span<const Parameter> parameters() {
    static const auto kAll = make_parameters();
    return kAll;
}

}  // namespace chengshu::api
