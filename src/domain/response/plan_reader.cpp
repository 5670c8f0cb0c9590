#include "domain/city/definition_name.hpp"
#include "domain/response/internal/reading.hpp"
#include "domain/response/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::response {
namespace {

using city::text;
using city::YamlFile;

constexpr std::string_view kCityName = "/response.yaml";
constexpr std::size_t kListMax = 64;
constexpr std::size_t kRowsMax = 5'000;
constexpr std::size_t kListsMax = 200;
constexpr double kNumberMax = 1e12;
constexpr int kMinutesMax = 90 * 24 * 60;
constexpr int kCountMax = 100;

class PlanReader {
public:
    PlanReader(
        std::span<const city::DefinitionFile> files,
        const city::City& city,
        const RuleBook& rules
    )
        : files_(files), city_(city), rules_(rules) {}

    ParsedPlans read() {
        // Lists first: plans of another file may use them.
        for (const bool lists : {true, false}) {
            for (const auto& definition : files_) {
                if (city::names_definition(definition.path, "plans") ||
                    definition.path.ends_with(kCityName)) {
                    file_ = {definition.path, definition.content};
                    city::Findings twice;
                    read_file(
                        file_,
                        lists ? twice : findings_,
                        "docs/plans.md",
                        [&](YamlFile& yaml) { read_root(yaml, lists); }
                    );
                }
            }
        }
        share();
        ParsedPlans out;
        if (!findings_.has_errors()) {
            out.book = PlanBook(std::move(plans_), std::move(object_lists_), std::move(issuer_));
        }
        out.findings = std::move(findings_).sorted();
        return out;
    }

private:
    /// What the city has for all plans.
    void share() {
        const auto add = [](auto& to, const auto& from) {
            to.insert(to.end(), from.begin(), from.end());
        };
        for (auto& plan : plans_) {
            add(plan.resources, everybodys_.resources);
            add(plan.contacts, everybodys_.contacts);
            add(plan.roster, everybodys_.roster);
            for (const auto& task : plan.tasks) {
                const bool known = std::any_of(
                    plan.resources.begin(),
                    plan.resources.end(),
                    [&](const Resource& one) { return one.type == task.resource; }
                );
                if (!task.resource.empty() && !known) {
                    findings_.warning(
                        {plan.path, plan.line, 0},
                        text(
                            "任务 {} 要派“{}”，这座城市没有",
                            "task {} sends a '{}', of which the city has none",
                            task.code,
                            shortened(task.resource)
                        ),
                        {"写在城市的 response.yaml 的 resources 中",
                         "write it in resources of the city's response.yaml"}
                    );
                }
            }
        }
    }

    /// Lists are read twice, for their codes and then with their mistakes.
    void read_root(YamlFile& yaml, bool codes) {
        if (!yaml.check_map(
                yaml.root(), {"issuer", "lists", "resources", "contacts", "roster", "plans"}
            )) {
            return;
        }
        if (const auto lists = YamlFile::find(yaml.root(), "lists")) {
            yaml.each(*lists, kListsMax, [&](const YAML::Node& node) {
                if (codes) {
                    if (const auto code = YamlFile::find(node, "code"); code && code->IsScalar()) {
                        list_codes_.push_back(code->Scalar());
                    }
                } else {
                    read_list(yaml, node);
                }
            });
        }
        if (const auto issuer = YamlFile::find(yaml.root(), "issuer"); issuer && !codes) {
            read_issuer(yaml, *issuer);
        }
        if (!codes) {
            read_resources(yaml, yaml.root(), everybodys_);
            read_people(yaml, yaml.root(), everybodys_);
        }
        if (const auto plans = YamlFile::find(yaml.root(), "plans"); plans && !codes) {
            yaml.each(*plans, kPlansMax, [&](const YAML::Node& node) { read_plan(yaml, node); });
        }
    }

    void read_issuer(YamlFile& yaml, const YAML::Node& node) {
        if (!yaml.check_map(node, {"sender", "trade", "unit", "name"})) {
            return;
        }
        Issuer out;
        out.sender = yaml.need_scalar(node, "sender");
        if (out.sender.find_first_of(" ,<&") != std::string::npos) {
            yaml.error(
                node,
                {"发布者不能含空格、逗号、< 与 &", "a sender has no blanks, commas, < and &"},
                {"如 warnings@example.org", "for example warnings@example.org"}
            );
        }
        const auto digits = [&](const char* key, std::string& code) {
            const auto found = YamlFile::find(node, key);
            if (!found) {
                return;
            }
            code = yaml.scalar(*found);
            if (code.size() != 3 || code.find_first_not_of("0123456789") != std::string::npos) {
                yaml.error(
                    *found,
                    {"此处应为三位数字", "three digits are expected here"},
                    {"如 000", "for example 000"}
                );
            }
        };
        digits("trade", out.trade);
        digits("unit", out.unit);
        out.name = yaml.need_label(node, "name");
        issuer_ = std::move(out);
    }

    Grade read_grade(YamlFile& yaml, const YAML::Node& node) {
        const auto grade = grade_of(yaml.scalar(node));
        if (!grade || *grade == Grade::None) {
            yaml.error(
                node,
                {"此处应为 IV、III、II 或 I", "IV, III, II or I is expected here"},
                {"改为其中之一", "write one of them"}
            );
            return Grade::IV;
        }
        return *grade;
    }

    std::map<Grade, double> read_percents(YamlFile& yaml, const YAML::Node& node) {
        std::map<Grade, double> out;
        yaml.each_pair(node, 4, [&](const YAML::Node& key, const YAML::Node& value) {
            out[read_grade(yaml, key)] = yaml.number(value, 0, 100).value_or(0);
        });
        return out;
    }

    std::string optional_text(YamlFile& yaml, const YAML::Node& node, std::string_view key) {
        const auto found = YamlFile::find(node, key);
        return found ? yaml.scalar(*found) : std::string();
    }

    std::string read_department(YamlFile& yaml, const YAML::Node& node) {
        const auto found = YamlFile::find(node, "department");
        if (!found) {
            return {};
        }
        auto code = yaml.scalar(*found);
        if (city_.department(code) == nullptr) {
            yaml.error(
                *found,
                text("没有部门“{}”", "there is no department '{}'", shortened(code)),
                {"参看 departments.csv", "see departments.csv"}
            );
        }
        return code;
    }

    void read_list(YamlFile& yaml, const YAML::Node& node) {
        if (!yaml.check_map(node, {"code", "name", "unit", "source", "objects"})) {
            return;
        }
        ObjectList list;
        list.code = read_code(yaml, node);
        list.name = yaml.need_label(node, "name");
        list.unit = optional_text(yaml, node, "unit");
        list.source = yaml.need_scalar(node, "source");
        if (std::count(list_codes_.begin(), list_codes_.end(), list.code) > 1) {
            yaml.error(
                node,
                text("清单 {} 重复", "list {} is defined twice", list.code),
                {"改用另一代码", "give one of them another code"}
            );
        }
        if (const auto objects = yaml.need(node, "objects")) {
            std::set<std::string> codes;
            yaml.each(*objects, kObjectsMax, [&](const YAML::Node& row) {
                if (!yaml.check_map(
                        row,
                        {"code",
                         "name",
                         "area",
                         "point",
                         "department",
                         "grade",
                         "emission",
                         "exempt",
                         "cut"}
                    )) {
                    return;
                }
                auto object = read_object(yaml, row);
                if (!codes.insert(object.code).second) {
                    yaml.error(
                        row,
                        text("对象 {} 重复", "object {} is there twice", object.code),
                        {"改用另一代码", "give one of them another code"}
                    );
                }
                list.objects.push_back(std::move(object));
            });
        }
        object_lists_.push_back(std::move(list));
    }

    PlanObject read_object(YamlFile& yaml, const YAML::Node& row) {
        PlanObject out;
        out.code = read_code(yaml, row);
        out.name = yaml.need_label(row, "name");
        if (const auto area = yaml.need(row, "area")) {
            out.area = read_area(yaml, *area, city_);
        }
        if (const auto point = YamlFile::find(row, "point")) {
            out.point = read_point(yaml, *point);
        }
        out.department = read_department(yaml, row);
        out.grade = optional_text(yaml, row, "grade");
        if (const auto emission = YamlFile::find(row, "emission")) {
            out.emission = yaml.number(*emission, 0, kNumberMax).value_or(0);
        }
        if (const auto exempt = YamlFile::find(row, "exempt")) {
            out.exempt = yaml.flag(*exempt).value_or(false);
        }
        if (const auto cut = YamlFile::find(row, "cut")) {
            out.cut = read_percents(yaml, *cut);
        }
        return out;
    }

    void read_plan(YamlFile& yaml, const YAML::Node& node) {
        if (!yaml.check_map(
                node,
                {"code",
                 "name",
                 "source",
                 "valid_from",
                 "valid_to",
                 "rules",
                 "case_source",
                 "grades",
                 "tasks",
                 "reports",
                 "resources",
                 "contacts",
                 "roster"}
            )) {
            return;
        }
        Plan plan;
        plan.path = file_.path;
        plan.line = node.Mark().line + 1;
        plan.code = read_code(yaml, node);
        plan.name = yaml.need_label(node, "name");
        plan.source = yaml.need_scalar(node, "source");
        plan.validity = read_validity(yaml, node);
        if (const auto from = YamlFile::find(node, "case_source")) {
            plan.case_source = yaml.scalar(*from);
        }
        if (const auto rules = YamlFile::find(node, "rules")) {
            yaml.each(*rules, kListMax, [&](const YAML::Node& item) {
                auto code = yaml.scalar(item);
                if (!code.starts_with("cap:") && !rules_.has(code)) {
                    yaml.error(
                        item,
                        text("没有规则“{}”", "there is no rule '{}'", shortened(code)),
                        {"参看 rules.yaml", "see rules.yaml"}
                    );
                }
                plan.rules.push_back(std::move(code));
            });
        }
        read_grades(yaml, node, plan);
        read_resources(yaml, node, plan);
        read_tasks(yaml, node, plan);
        read_limits(yaml, node, plan);
        read_people(yaml, node, plan);
        for (const auto& other : plans_) {
            if (other.code == plan.code && overlap(other.validity, plan.validity)) {
                yaml.error(
                    node,
                    text(
                        "预案 {} 的两个版本有效期重叠",
                        "two versions of plan {} hold at the same time",
                        plan.code
                    ),
                    text("另一个在第 {} 行", "the other one is in line {}", other.line)
                );
            }
        }
        plans_.push_back(std::move(plan));
    }

    void read_grades(YamlFile& yaml, const YAML::Node& node, Plan& plan) {
        const auto grades = yaml.need(node, "grades");
        if (!grades) {
            return;
        }
        yaml.each(*grades, 4, [&](const YAML::Node& item) {
            if (!yaml.check_map(item, {"grade", "alert", "automatic", "confirmed_by"})) {
                return;
            }
            PlanGrade out;
            if (const auto grade = yaml.need(item, "grade")) {
                out.grade = read_grade(yaml, *grade);
            }
            if (const auto alert = YamlFile::find(item, "alert")) {
                out.alert = level_of(yaml.scalar(*alert)).value_or(Level::None);
                if (out.alert == Level::None) {
                    yaml.error(
                        *alert,
                        {"此处应为 blue、yellow、orange 或 red",
                         "blue, yellow, orange or red is expected here"},
                        {"改为其中之一", "write one of them"}
                    );
                }
            }
            if (const auto automatic = YamlFile::find(item, "automatic")) {
                out.automatic = yaml.flag(*automatic).value_or(false);
            }
            if (const auto posts = yaml.need(item, "confirmed_by")) {
                yaml.each(*posts, kListMax, [&](const YAML::Node& post) {
                    auto code = yaml.scalar(post);
                    if (city_.post(code) == nullptr && !is_post_kind(code)) {
                        yaml.error(
                            post,
                            text("没有岗位“{}”", "there is no post '{}'", shortened(code)),
                            {"写岗位代码或类型，如 leader",
                             "write the code of a post or a kind of post, for example leader"}
                        );
                    }
                    out.confirmed_by.push_back(std::move(code));
                });
            }
            if (plan.grade(out.grade) != nullptr) {
                yaml.error(
                    item,
                    text("级别 {} 重复", "grade {} is there twice", grade_name(out.grade)),
                    {"各写一次", "write each once"}
                );
            }
            plan.grades.push_back(std::move(out));
        });
        std::sort(plan.grades.begin(), plan.grades.end(), [](const auto& a, const auto& b) {
            return a.grade < b.grade;
        });
        if (plan.grades.empty()) {
            yaml.error(
                *grades, {"至少一个级别", "at least one grade is needed"}, {"写一个", "write one"}
            );
        }
    }

    void read_tasks(YamlFile& yaml, const YAML::Node& node, Plan& plan) {
        const auto tasks = yaml.need(node, "tasks");
        if (!tasks) {
            return;
        }
        std::set<std::string> codes;
        yaml.each(*tasks, kPlanTasksMax, [&](const YAML::Node& item) {
            if (!yaml.check_map(
                    item,
                    {"code",
                     "name",
                     "from",
                     "department",
                     "categories",
                     "limit_minutes",
                     "text",
                     "check",
                     "targets",
                     "send"}
                )) {
                return;
            }
            PlanTask out;
            out.code = read_code(yaml, item);
            if (!codes.insert(out.code).second) {
                yaml.error(
                    item,
                    text("任务 {} 重复", "task {} is there twice", out.code),
                    {"改用另一代码", "give one of them another code"}
                );
            }
            out.name = yaml.need_label(item, "name");
            if (const auto from = yaml.need(item, "from")) {
                out.from = read_grade(yaml, *from);
            }
            out.department = read_department(yaml, item);
            if (const auto categories = yaml.need(item, "categories")) {
                out.categories = read_categories(yaml, *categories, city_);
            }
            if (const auto limit = YamlFile::find(item, "limit_minutes")) {
                out.limit_minutes = read_whole(yaml, *limit, 1, kMinutesMax);
            }
            out.text = yaml.need_label(item, "text");
            if (const auto check = YamlFile::find(item, "check")) {
                out.check = yaml.label(*check);
            }
            if (const auto targets = YamlFile::find(item, "targets")) {
                out.targets = read_targets(yaml, *targets);
            }
            if (const auto send = YamlFile::find(item, "send");
                send && yaml.check_map(*send, {"type", "count"})) {
                out.resource = yaml.need_scalar(*send, "type");
                if (const auto count = yaml.need(*send, "count")) {
                    out.resource_count = read_whole(yaml, *count, 1, kCountMax);
                }
            }
            plan.tasks.push_back(std::move(out));
        });
    }

    Targets read_targets(YamlFile& yaml, const YAML::Node& node) {
        Targets out;
        if (!yaml.check_map(node, {"list", "grades", "emission_from", "reach"})) {
            return out;
        }
        if (const auto list = yaml.need(node, "list")) {
            out.list = yaml.scalar(*list);
            if (std::find(list_codes_.begin(), list_codes_.end(), out.list) == list_codes_.end()) {
                findings_.warning(
                    yaml.spot(*list),
                    text(
                        "没有清单“{}”，此任务在这座城市没有对象",
                        "there is no list '{}': the task has no objects in this city",
                        shortened(out.list)
                    ),
                    {"写在城市的 response.yaml 中", "write it in the city's response.yaml"}
                );
            }
        }
        if (const auto grades = YamlFile::find(node, "grades")) {
            yaml.each(*grades, kListMax, [&](const YAML::Node& grade) {
                out.grades.push_back(yaml.scalar(grade));
            });
        }
        if (const auto emission = YamlFile::find(node, "emission_from")) {
            out.emission_from = yaml.number(*emission, 0, kNumberMax).value_or(0);
        }
        if (const auto reach = YamlFile::find(node, "reach")) {
            out.reach = read_percents(yaml, *reach);
        }
        return out;
    }

    void read_limits(YamlFile& yaml, const YAML::Node& node, Plan& plan) {
        const auto reports = YamlFile::find(node, "reports");
        if (!reports || !yaml.check_map(*reports, {"first", "next", "last"})) {
            return;
        }
        const auto minutes = [&](const char* key) {
            const auto found = YamlFile::find(*reports, key);
            return found ? read_whole(yaml, *found, 1, kMinutesMax) : 0;
        };
        plan.reports = {minutes("first"), minutes("next"), minutes("last")};
    }

    void read_resources(YamlFile& yaml, const YAML::Node& node, Plan& plan) {
        const auto resources = YamlFile::find(node, "resources");
        if (!resources) {
            return;
        }
        std::set<std::string> codes;
        yaml.each(*resources, kRowsMax, [&](const YAML::Node& item) {
            if (!yaml.check_map(item, {"code", "type", "name", "department", "point", "phone"})) {
                return;
            }
            Resource out;
            out.code = read_code(yaml, item);
            out.type = yaml.need_scalar(item, "type");
            out.name = yaml.need_label(item, "name");
            out.department = read_department(yaml, item);
            if (const auto point = yaml.need(item, "point")) {
                out.point = read_point(yaml, *point);
            }
            out.phone = optional_text(yaml, item, "phone");
            if (!codes.insert(out.code).second) {
                yaml.error(
                    item,
                    text("资源 {} 重复", "resource {} is there twice", out.code),
                    {"改用另一代码", "give one of them another code"}
                );
            }
            plan.resources.push_back(std::move(out));
        });
    }

    void read_people(YamlFile& yaml, const YAML::Node& node, Plan& plan) {
        if (const auto contacts = YamlFile::find(node, "contacts")) {
            yaml.each(*contacts, kRowsMax, [&](const YAML::Node& item) {
                if (!yaml.check_map(item, {"role", "name", "department", "phone"})) {
                    return;
                }
                Contact out;
                out.role = yaml.need_scalar(item, "role");
                out.name = yaml.need_label(item, "name");
                out.department = read_department(yaml, item);
                out.phone = optional_text(yaml, item, "phone");
                plan.contacts.push_back(std::move(out));
            });
        }
        if (const auto roster = YamlFile::find(node, "roster")) {
            yaml.each(*roster, kRowsMax, [&](const YAML::Node& item) {
                if (!yaml.check_map(
                        item, {"weekday", "from_hour", "to_hour", "post", "name", "phone"}
                    )) {
                    return;
                }
                Duty out;
                const auto whole = [&](const char* key, int low, int high, int otherwise) {
                    const auto found = YamlFile::find(item, key);
                    return found ? read_whole(yaml, *found, low, high) : otherwise;
                };
                out.weekday = whole("weekday", 1, 7, 0);
                out.from_hour = whole("from_hour", 0, 23, 0);
                out.to_hour = whole("to_hour", 1, 24, 24);
                out.post = yaml.need_scalar(item, "post");
                out.name = yaml.need_label(item, "name");
                out.phone = optional_text(yaml, item, "phone");
                plan.roster.push_back(std::move(out));
            });
        }
    }

    std::span<const city::DefinitionFile> files_;
    const city::City& city_;
    const RuleBook& rules_;
    city::CityFile file_;
    city::Findings findings_;
    std::vector<std::string> list_codes_;
    std::vector<ObjectList> object_lists_;
    std::optional<Issuer> issuer_;
    std::vector<Plan> plans_;
    Plan everybodys_;  ///< resources and people of all plans
};

}  // namespace

ParsedPlans parse_plans(
    std::span<const city::DefinitionFile> files,
    const city::City& city,
    const RuleBook& rules
) {
    return PlanReader(files, city, rules).read();
}

}  // namespace chengshu::response
