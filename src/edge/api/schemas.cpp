#include "edge/api/internal/schema.hpp"

#include <iterator>

namespace chengshu::api {
namespace {

std::vector<Schema> city_schemas() {
    return {
        {"Label", "A text for people in both languages; either may be empty.", {{"zh", "text", ""}, {"en", "text", ""}}},
        {"Named", "", {{"code", "text", ""}, {"name", "Label", ""}}},
        {"City", "", {
            {"code", "text", ""}, {"name", "Label", ""}, {"time_zone", "text", "IANA name"},
            {"extent?", "number[]", "west, south, east, north; absent when nothing has a place"},
            {"levels", "Named[]", "from the city downwards"},
            {"code_sets", "text[]", "that new cases may use today, the default one first"},
            {"generated", "flag", "the city's data says that it is made up for a demonstration"},
            {"notice?", "Label", "what people must be told about this data"},
            {"day?", "date", "local day of the newest report; absent in an empty store"},
            {"revision", "text", "of the city's folder"}}},
        {"Area", "", {
            {"code", "text", ""}, {"parent", "text", "empty for the city itself"}, {"level", "text", ""}, {"name", "Label", ""},
            {"schematic", "flag", "its boundary is drawn for demonstration, not surveyed"}, {"has_children", "flag", ""}}},
        {"Category", "", {
            {"id", "text", "code set / kind / code"}, {"code_set", "text", ""}, {"kind", "text", "component, matter, request"},
            {"code", "text", ""}, {"parent?", "text", "code of its class"}, {"name", "Label", ""}}},
        {"Limit", "", {{"value", "number", ""}, {"unit", "=urgent_hour|urgent_day|work_hour|work_day|natural_day", ""}}},
        {"Standard", "Filing condition, time limit and closing condition of a category.", {
            {"code", "text", ""}, {"category", "text", ""}, {"condition", "Label", ""},
            {"limit?", "Limit", "absent: no deadline"}, {"closing", "Label", ""},
            {"automatic", "flag", "a report of this category alone satisfies the condition"}}},
        {"Department", "", {
            {"code", "text", ""}, {"name", "Label", ""}, {"parent?", "text", ""}, {"area?", "text", ""}, {"uscc?", "text", ""}}},
        {"State", "", {
            {"code", "text", ""}, {"name", "Label", ""},
            {"phase?", "=intake|dispatch|handle|check|suspended|done", ""}, {"queue?", "text", "kind of post whose queue holds the case"}}},
        {"Need", "What must or may be given with an action.", {
            {"name", "text", ""}, {"required", "flag", ""}, {"one_of?", "text[]", "the allowed answers"}}},
        {"WorkflowStep", "", {
            {"code", "text", ""}, {"name", "Label", ""}, {"from", "text[]", "\"*\": any state that is not done"},
            {"to", "text", "\"=\": stays; \"@before\": where a suspension began"}, {"by", "text[]", "kinds of post"},
            {"needs", "Need[]", ""}}},
        {"WorkflowName", "", {{"code", "text", ""}, {"name", "Label", ""}}},
        {"Workflow", "", {
            {"code", "text", ""}, {"name", "Label", ""}, {"start", "text", ""}, {"states", "State[]", ""},
            {"steps", "WorkflowStep[]", ""}, {"diagram", "text", "Mermaid state diagram"}}},
        {"AreaStep", "", {{"code", "text", ""}, {"level", "text", ""}, {"name", "Label", ""}}},
        {"Place", "", {
            {"lon", "number", "WGS 84"}, {"lat", "number", ""}, {"area_path", "AreaStep[]", "from the city down"},
            {"component?", "text", ""}}},
    };
}

std::vector<Schema> person_schemas() {
    return {
        {"NewSession", "", {{"login", "text(1..64)", ""}, {"password", "text(1..1024)", ""}}},
        {"Post", "", {
            {"code", "text", ""}, {"kind", "text", ""}, {"name", "Label", ""}, {"department?", "text", ""}, {"area?", "text", ""}}},
        {"Account", "", {
            {"login", "text", ""}, {"name", "Label", ""}, {"posts", "Post[]", ""}, {"disabled?", "flag", ""},
            {"permissions?", "text[]", "what the posts allow"}}},
        {"Session", "", {{"token", "text", "to be sent as Authorization: Bearer"}, {"expires", "instant", ""}, {"account", "Account", ""}}},
        {"NewAccount", "Creates or changes an account.", {
            {"login", "text(1..64)", ""}, {"name", "Label", ""}, {"posts", "text(1..64)[]", "codes of the city's posts"},
            {"password?", "text(1..1024)", "absent: keeps the old one, or the account cannot sign in"}, {"disabled?", "flag", ""}}},
        {"NewPassword", "", {{"password", "text(1..1024)", ""}, {"current?", "text(1..1024)", "needed for one's own"}}},
        {"NewToken", "", {
            {"label", "text(1..200)", "what it is for"}, {"kind?", "=integration|personal", "default integration"},
            {"expires?", "instant", "default 90 days, at most 366"}}},
        {"Token", "", {
            {"id", "text", ""}, {"label", "text", ""}, {"kind", "text", ""}, {"created", "instant", ""}, {"expires?", "instant", ""},
            {"token?", "text", "only in the answer that made it"}}},
    };
}

std::vector<Schema> report_schemas() {
    return {
        {"NewReporter", "Personal data of who reports; stored apart and masked by default.", {
            {"name?", "text(0..400)", ""}, {"phone?", "text(0..160)", ""}, {"email?", "text(0..400)", ""}}},
        {"NewReport", "What one source says happened. Say where by lon and lat, by component or by area.", {
            {"source", "text(1..32)", "code of the source: collector, video, satellite, duty, public, hotline, iot …; callers without an account can only say public"},
            {"category?", "text(0..200)", "absent: a person chooses"}, {"standard?", "text(0..200)", ""},
            {"description?", "text(0..16000)", "at most 4,000 characters"}, {"lon?", "number", ""}, {"lat?", "number", ""},
            {"datum?", "=wgs84|gcj02", "of lon and lat; default wgs84"}, {"area?", "text(0..64)", ""}, {"component?", "text(0..64)", ""},
            {"address?", "text(0..2000)", ""}, {"reporter?", "NewReporter", ""},
            {"external_id?", "text(0..200)", "the sender's own id: sending it again gives the first answer again"},
            {"attachments?", "text(64..64)[]", "SHA-256 of files sent to /attachments"},
            {"self_handled?", "flag", "the collector solved it on the spot"}, {"urgent?", "flag", ""},
            {"generated?", "flag", "made up for a demonstration; shown wherever the case is shown"}}},
        {"FiledReport", "", {{"report", "ReportState", ""}, {"case", "CaseSummary", ""}}},
        {"ReportState", "", {
            {"id", "text", ""}, {"state", "=filed_as_case|duplicate|refused", ""}, {"case?", "case_id", ""}}},
        {"Report", "", {
            {"id", "text", ""}, {"state", "=filed_as_case|duplicate|refused", ""}, {"case?", "case_id", ""}, {"source", "text", ""},
            {"external_id?", "text", ""}, {"received_at", "instant", ""}, {"description?", "text", "numbers of persons masked"},
            {"category?", "text", ""}, {"address?", "text", ""}, {"lon?", "number", ""}, {"lat?", "number", ""},
            {"attachments?", "text[]", ""}, {"reporter?", "Reporter", ""}}},
        {"Reporter", "", {{"name?", "text", ""}, {"phone?", "text", ""}, {"email?", "text", ""}, {"account?", "text", ""}}},
        {"FileStored", "", {
            {"sha256", "text", ""}, {"media_type", "=image/jpeg|image/png|image/webp|application/pdf|video/mp4", "found from the content"},
            {"size", "integer", "bytes"}}},
    };
}

std::vector<Schema> case_schemas() {
    return {
        {"CaseCategory", "", {{"id", "text", ""}, {"code", "text", ""}, {"name", "Label", ""}}},
        {"CaseSummary", "A case in a list. Callers outside its scope get the public view: no description, no exact place.", {
            {"id", "case_id", ""}, {"version", "integer", ""}, {"state", "State", ""}, {"category?", "CaseCategory", ""},
            {"area_path", "AreaStep[]", "from the city down"}, {"lon?", "number", ""}, {"lat?", "number", ""},
            {"department?", "Named", ""}, {"source", "text", ""}, {"address?", "text", ""}, {"description?", "text", ""},
            {"reported_at", "instant", ""}, {"due?", "instant", "of the running clock that ends first"},
            {"overdue", "flag", "some clock ran out"}, {"closed_at?", "instant", ""}, {"generated", "flag", ""}}},
        {"Clock", "", {
            {"code", "text", ""}, {"name", "Label", ""}, {"limit?", "Limit", ""}, {"started", "instant", ""}, {"due?", "instant", ""},
            {"stopped?", "instant", ""}, {"paused", "flag", ""}, {"overdue", "flag", "never cleared"},
            {"exempt", "flag", "an appeal was upheld"}, {"extensions", "integer", ""}}},
        {"Attachment", "", {
            {"sha256", "text", ""}, {"kind", "=before|after|evidence", ""}, {"media_type", "text", ""}, {"size", "integer", ""},
            {"at?", "instant", ""}}},
        {"Holder", "", {{"post_kind?", "text", "whose queue holds it"}, {"account?", "text", ""}}},
        {"Case", "A case with everything the caller may see of it.", {
            {"id", "case_id", ""}, {"version", "integer", "to be sent as If-Match"}, {"inner", "flag", "false: this is the public view"},
            {"state", "State", ""}, {"workflow", "text", ""}, {"category?", "CaseCategory", ""}, {"standard?", "Standard", ""},
            {"area_path", "AreaStep[]", ""}, {"lon?", "number", "WGS 84; three decimals in the public view"}, {"lat?", "number", ""},
            {"address?", "text", ""}, {"component?", "text", ""}, {"description?", "text", "numbers of persons masked"},
            {"source", "text", ""}, {"department?", "Named", ""}, {"assisting", "Named[]", ""}, {"holder?", "Holder", ""},
            {"collector?", "text", ""}, {"clocks", "Clock[]", ""}, {"due?", "instant", ""}, {"overdue", "flag", ""},
            {"counters", "map integer", "rework, returns, extensions, supervise …"}, {"flags", "text[]", ""},
            {"facts", "map text", "recorded answers"}, {"result?", "text", "closing text"}, {"parent?", "case_id", ""},
            {"children", "case_id[]", ""}, {"reported_at", "instant", ""}, {"filed_at?", "instant", ""}, {"dispatched_at?", "instant", ""},
            {"handled_at?", "instant", ""}, {"closed_at?", "instant", ""}, {"resume_at?", "instant", ""}, {"generated", "flag", ""},
            {"attachments", "Attachment[]", ""}, {"reporter?", "Reporter", "masked; see /cases/{case}/reveal"},
            {"can_reveal", "flag", ""}}},
        {"Actor", "", {
            {"kind", "=person|system|public", ""}, {"account?", "text", ""}, {"name?", "Label", ""}, {"post?", "Named", ""}}},
        {"Entry", "One accepted change of a case.", {
            {"seq", "integer", "position in the journal"}, {"at", "instant", ""}, {"action", "Named", ""}, {"from?", "State", ""},
            {"to?", "State", ""}, {"actor", "Actor", ""}, {"automatic", "flag", ""},
            {"reason?", "Label", "a person's words, or why the system did it"}, {"rule?", "text", "what caused an automatic step"},
            {"confidence?", "number", ""}, {"changes?", "map any", "fields of the case that changed"}}},
        {"LiveEntry", "The data of an event: the entry and enough of its case to show it.", {
            {"seq", "integer", ""}, {"at", "instant", ""}, {"action", "Named", ""}, {"from?", "State", ""}, {"to?", "State", ""},
            {"actor", "Actor", ""}, {"automatic", "flag", ""}, {"reason?", "Label", ""}, {"rule?", "text", ""},
            {"confidence?", "number", ""}, {"changes?", "map any", ""}, {"case_id", "case_id", ""}, {"state?", "State", ""},
            {"category?", "Label", ""}, {"area?", "Label", "deepest area"}, {"source", "text", ""}, {"lon?", "number", ""},
            {"lat?", "number", ""}, {"generated", "flag", ""}}},
        {"Action", "What the caller may do with the case now.", {
            {"code", "text", ""}, {"name", "Label", ""}, {"needs", "Need[]", ""}, {"to", "text", "\"=\": stays"}}},
        {"FileToAttach", "", {{"sha256", "text(64..64)", ""}, {"kind?", "=before|after|evidence", ""}}},
        {"NewTransition", "An action and what it needs; answers (contacted, satisfaction …) are further text members.", {
            {"action", "text(1..64)", ""}, {"reason?", "text(0..8000)", ""}, {"standard?", "text(0..200)", ""},
            {"category?", "text(0..200)", ""}, {"department?", "text(0..64)", ""}, {"assisting?", "text(1..64)[]", ""},
            {"account?", "text(0..64)", "login of who shall do it"}, {"until?", "instant", "end of a suspension"},
            {"attachments?", "text(64..64)[] or FileToAttach[]", "SHA-256 of files sent to /attachments"},
            {"into?", "case_id", "the case to merge into"}, {"result?", "text(0..8000)", "closing text for the public"},
            {"departments?", "text(1..64)[]", "of a split: one new case for each"}}, true},
        {"NewReveal", "", {{"reason", "text(1..1000)", "why it is needed; kept in the journal"}}},
        {"Revealed", "Personal data in clear.", {
            {"name?", "text", ""}, {"phone?", "text", ""}, {"email?", "text", ""}, {"account?", "text", ""}, {"description?", "text", ""},
            {"reports", "Reporter[]", "of every report of the case, the first one first"}}},
        {"NewResponsibility", "Makes a conclusion general from a day on.", {
            {"category", "text(1..200)", "id, or a prefix ending in *"}, {"area", "text(1..64)", ""}, {"from", "date", ""}}},
        {"NewConsultation", "", {
            {"cases", "case_id[]", "waiting for dispatch"}, {"departments", "text(1..64)[]", ""}, {"question", "text(1..4000)", ""}}},
        {"NewConclusion", "", {
            {"lead", "text(1..64)", "the department that gets the cases"}, {"assisting?", "text(1..64)[]", ""},
            {"basis", "text(1..4000)", "becomes the reason of each dispatch"}, {"make_responsibility?", "NewResponsibility", "needs a dated change of the city's data"}}},
        {"Consultation", "", {
            {"id", "text", ""}, {"cases", "case_id[]", ""}, {"departments", "text[]", ""}, {"question", "text", ""},
            {"opened_by", "text", ""}, {"opened_at", "instant", ""}, {"lead?", "text", ""}, {"assisting?", "text[]", ""}, {"basis?", "text", ""},
            {"concluded_by?", "text", ""}, {"concluded_at?", "instant", ""}, {"revision?", "text", "of the city's data, when the conclusion became a responsibility"}}},
    };
}

std::vector<Schema> other_schemas() {
    return {
        {"FunnelMeasure", "", {
            {"code", "text", ""}, {"name", "Label", ""}, {"value", "integer", ""}, {"cases", "text", "address of the list of exactly these cases"}}},
        {"SourceCount", "", {
            {"code", "text", ""}, {"name", "Label", ""}, {"reported", "integer", ""}, {"filed", "integer", ""}, {"closed", "integer", ""},
            {"closing_rate?", "number", "closed / filed; absent when nothing was filed"}}},
        {"Funnel", "", {{"day", "date", ""}, {"area", "text", ""}, {"measures", "FunnelMeasure[]", ""}, {"sources", "SourceCount[]", ""}}},
        {"Grade", "", {{"code", "text", ""}, {"name", "Label", ""}, {"colour", "text", ""}}},
        {"Formula", "", {
            {"code", "text", ""}, {"name", "Label", ""}, {"unit", "text", ""}, {"expression", "text", ""}, {"source", "text", ""},
            {"terms", "FormulaTerm[]", ""}}},
        {"FormulaTerm", "", {{"code", "text", ""}, {"name", "Label", ""}, {"expression", "text", ""}}},
        {"Score", "", {
            {"subject", "Named", ""}, {"place?", "integer", "rank; equal scores share it"}, {"score?", "number", "absent: there is no basis"},
            {"raw_score?", "number", "as if no appeal had been upheld"}, {"grade?", "Grade", ""}, {"terms", "map number", ""},
            {"measures", "map integer", "what it was computed from"}, {"cases", "map text", "measure → address of the list of its cases"}}},
        {"Scores", "", {
            {"subject", "text", ""}, {"from", "date", ""}, {"to", "date", ""}, {"formula", "Formula", ""}, {"formulas", "Named[]", "that could be asked for"},
            {"measure_names", "map Label", ""}, {"items", "Score[]", "best first"}}},
        {"SeriesPoint", "", {{"day", "date", ""}, {"value", "integer", ""}, {"cases", "text", ""}}},
        {"Series", "", {{"measure", "Named", ""}, {"area", "text", ""}, {"items", "SeriesPoint[]", "one for each day"}}},
        {"NewWebhook", "", {
            {"url", "text(1..2000)", "http or https"}, {"description?", "text(0..500)", ""},
            {"types?", "text(1..64)[]", "actions (file, dispatch, close …); absent: all"}, {"area?", "text(0..64)", "only cases in this area"},
            {"department?", "text(0..64)", "only cases of this department"}}},
        {"Webhook", "", {
            {"id", "text", ""}, {"url", "text", ""}, {"description?", "text", ""}, {"types", "text[]", ""}, {"area?", "text", ""},
            {"department?", "text", ""}, {"created", "instant", ""}, {"cursor", "integer", "last journal entry dealt with"},
            {"failures", "integer", "attempts that have failed in a row"}, {"secret?", "text", "for the signature; only in the answer that made it"}}},
        {"DeadLetter", "", {
            {"number", "integer", "journal position of the event"}, {"at", "instant", ""}, {"attempts", "integer", ""}, {"error", "text", ""}}},
        {"AuditEntry", "", {
            {"seq", "integer", ""}, {"at", "instant", ""}, {"type", "text", ""}, {"actor", "text", ""}, {"case?", "case_id", ""},
            {"data?", "any", ""}}},
        {"ErrorMeaning", "", {{"code", "text", ""}, {"status", "integer", ""}, {"retryable", "flag", ""}, {"title", "Label", ""}}},
        {"Problem", "RFC 9457 problem details.", {
            {"type", "text", ""}, {"title", "text", "in the reader's language"}, {"status", "integer", ""}, {"code", "text", "from /errors"},
            {"detail?", "text", ""}, {"field?", "text", "what is to blame in the request"}, {"request_id", "text", ""}}},
    };
}

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
        {"collector", "text(0..64)", "login of who reported it as a collector; `me` for the caller"},
        {"parent", "case_id", "cases that were merged into or split from this one"},
        {"from", "days", "first local day (or instant) of the report, included"},
        {"to", "days", "last local day of the report, included (an instant: excluded)"},
        {"parent:area", "text(0..64)", "code of the area right above"},
        {"parent:class", "text(0..64)", "code of the class"},
        {"from:day", "date", "first local day; default 29 days before the last"},
        {"to:day", "date", "last local day; default that of the newest report"},
        {"near", "text(0..80)", "lon,lat,radius in metres (at most 20,000)"},
        {"measure", "text(0..64)", "exactly the cases that a figure counts"},
        {"measure_kind", "text(0..32)", "kind of subject of the figure; default area"},
        {"measure_subject", "text(0..64)", "its code; default the city"},
        {"measure_area", "text(0..64)", "short for measure_kind=area and measure_subject"},
        {"measure_from", "date", "first local day of the figure"},
        {"measure_to", "date", "last local day of the figure"},
        {"scope", "=mine|all", "mine: only cases of the caller's posts (default for who has posts, unless a measure is asked for); all: others in the public view"},
        {"sort", "=newest", "the newest report first"},
        {"level", "text(0..32)", "code of a level"},
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
        {"r", "text(0..64)", "anything; makes a new address for caches"},
    };
}

std::vector<Schema> make_schemas() {
    std::vector<Schema> out;
    for (auto* make : {city_schemas, person_schemas, report_schemas, case_schemas, other_schemas}) {
        auto part = make();
        out.insert(out.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
    }
    return out;
}

}  // namespace

std::span<const Schema> schemas() {
    static const auto kAll = make_schemas();
    return kAll;
}

std::span<const Parameter> parameters() {
    static const auto kAll = make_parameters();
    return kAll;
}

}  // namespace chengshu::api
