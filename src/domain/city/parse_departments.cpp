#include "domain/city/codes.hpp"
#include "domain/city/internal/parser.hpp"
#include "domain/city/internal/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace chengshu::city {
namespace {

struct DepartmentColumn {
    enum : std::size_t { Code, Parent, NameZh, NameEn, Uscc, Area, From, To, Source };
};

constexpr std::array<Column, 9> kDepartmentColumns{{
    {"code", true},
    {"parent"},
    {"name_zh", true},
    {"name_en", true},
    {"uscc"},
    {"area"},
    {"valid_from"},
    {"valid_to"},
    {"source"},
}};

struct PostColumn {
    enum : std::size_t { Code, Kind, Department, Area, NameZh, NameEn };
};

constexpr std::array<Column, 6> kPostColumns{{
    {"code", true},
    {"kind", true},
    {"department"},
    {"area"},
    {"name_zh", true},
    {"name_en", true},
}};

constexpr std::array<std::string_view, 9> kPostKinds{
    "collector",
    "acceptor",
    "shift_leader",
    "dispatcher",
    "handler",
    "evaluator",
    "leader",
    "administrator",
    "auditor",
};

/// The last two of them administer and audit.
constexpr std::size_t kServicePosts = kPostKinds.size() - 2;

struct AccountColumn {
    enum : std::size_t { Login, NameZh, NameEn, Posts };
};

constexpr std::array<Column, 4> kAccountColumns{{
    {"login", true},
    {"name_zh", true},
    {"name_en", true},
    {"posts", true},
}};

void check_uscc_field(Table& table, const std::string& uscc) {
    if (uscc.empty()) {
        return;
    }
    if (const Status sound = check_uscc(uscc); !sound) {
        table.error(
            DepartmentColumn::Uscc,
            text(
                "统一社会信用代码“{0}”无效",
                "'{0}' is not a unified social credit code: {1}",
                shortened(uscc),
                sound.error().context
            ),
            {"核对18位代码与校验码（GB 32100）",
             "check the 18 characters and the check character (GB 32100)"}
        );
    }
}

void check_department_parents(Parser& parser, const std::vector<Spot>& spots) {
    const CityData& data = parser.data;
    for (std::size_t i = 0; i < data.departments.size() && !parser.findings.full(); ++i) {
        const Department& department = data.departments[i];
        if (department.parent.empty()) {
            continue;
        }
        if (!data.department_by_code.contains(department.parent)) {
            Suggestion suggestion{department.parent};
            for (const Department& candidate : data.departments) {
                suggestion.consider(candidate.code);
            }
            parser.findings.error(
                spots[i],
                text(
                    "上级部门“{}”不存在",
                    "there is no department '{}'",
                    shortened(department.parent)
                ),
                did_you_mean(suggestion.best(), {"先定义上级部门", "define the parent department"})
            );
            continue;
        }
        // Twice the speed: meets itself only inside a cycle.
        const auto above = [&](std::size_t index) {
            return index == kNoIndex
                       ? kNoIndex
                       : index_of(data.department_by_code, data.departments[index].parent);
        };
        std::size_t slow = i;
        std::size_t fast = above(i);
        while (fast != kNoIndex && fast != slow) {
            slow = above(slow);
            fast = above(above(fast));
        }
        if (fast != kNoIndex) {
            parser.findings.error(
                spots[i],
                text(
                    "部门“{}”的上级成环",
                    "the parents of '{}' form a circle",
                    shortened(department.code)
                ),
                {"改正上级部门", "mend the parent"}
            );
        }
    }
}

void check_post_kind(Table& table, std::string_view kind) {
    if (kind.empty() || std::find(kPostKinds.begin(), kPostKinds.end(), kind) != kPostKinds.end()) {
        return;
    }
    Suggestion suggestion{kind};
    std::string known;
    for (const std::string_view candidate : kPostKinds) {
        suggestion.consider(candidate);
        known += known.empty() ? "" : ", ";
        known += candidate;
    }
    table.error(
        PostColumn::Kind,
        text("未知岗位种类“{}”", "unknown kind of post '{}'", shortened(kind)),
        did_you_mean(suggestion.best(), text("可用：{}", "known: {}", known))
    );
}

std::string read_login(Table& table) {
    const std::string_view login = table.need(AccountColumn::Login);
    const bool sound = login.size() <= 64 && std::all_of(login.begin(), login.end(), [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
                                  c == '_' || c == '-' || c == '@';
                       });
    if (!sound) {
        table.error(
            AccountColumn::Login,
            text("“{}”不能作为登录名", "'{}' cannot be a login", shortened(login)),
            {"至多64个字符：小写字母、数字与 . _ - @",
             "at most 64 of: small letters, digits, . _ - @"}
        );
    }
    return std::string{login};
}

std::vector<std::string> read_account_posts(Parser& parser, Table& table) {
    std::vector<std::string> posts;
    std::string_view rest = table.need(AccountColumn::Posts);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        const std::string_view code = trimmed(rest.substr(0, end));
        rest = end < rest.size() ? rest.substr(end + 1) : std::string_view{};
        if (code.empty()) {
            continue;
        }
        if (!parser.data.post_by_code.contains(code)) {
            Suggestion suggestion{code};
            for (const Post& post : parser.data.posts) {
                suggestion.consider(post.code);
            }
            table.error(
                AccountColumn::Posts,
                text("岗位“{}”不存在", "there is no post '{}'", shortened(code)),
                did_you_mean(
                    suggestion.best(),
                    {"在 posts.csv 中定义；多个岗位用分号分隔",
                     "define it in posts.csv; separate several with semicolons"}
                )
            );
        }
        posts.emplace_back(code);
    }
    return posts;
}

}  // namespace

std::span<const std::string_view> service_posts() {
    return std::span(kPostKinds).first(kServicePosts);
}

void parse_departments(Parser& parser) {
    CityData& data = parser.data;
    Keys keys{parser.findings};
    std::vector<Spot> parent_spots;
    for (const Source& source : parser.files("departments", ".csv")) {
        Table table{*source.file, kDepartmentColumns, parser.findings};
        while (table.next()) {
            Department row;
            row.code = table.code(DepartmentColumn::Code);
            row.parent = std::string{table.get(DepartmentColumn::Parent)};
            row.name = table.need_label(DepartmentColumn::NameZh, DepartmentColumn::NameEn);
            row.uscc = std::string{table.get(DepartmentColumn::Uscc)};
            check_uscc_field(table, row.uscc);
            const std::string area = parser.area_reference(table, DepartmentColumn::Area);
            row.area = table.get(DepartmentColumn::Area).empty() ? std::string{} : area;
            row.validity = table.validity(DepartmentColumn::From, DepartmentColumn::To);
            const Spot spot = table.spot(DepartmentColumn::Code);
            if (keys.place(row.code, data.departments.size(), source.own, spot) != kNoIndex) {
                data.department_by_code.emplace(row.code, data.departments.size());
                data.departments.push_back(std::move(row));
                parent_spots.push_back(table.spot(DepartmentColumn::Parent));
            }
        }
    }
    check_department_parents(parser, parent_spots);
}

std::string Parser::department_reference(Table& table, std::size_t column, bool needed) {
    const std::string_view code = needed ? table.need(column) : table.get(column);
    if (!code.empty() && !data.departments.empty() && !data.department_by_code.contains(code)) {
        Suggestion suggestion{code};
        for (const Department& department : data.departments) {
            suggestion.consider(department.code);
        }
        table.error(
            column,
            text("部门“{}”不存在", "there is no department '{}'", shortened(code)),
            did_you_mean(
                suggestion.best(), {"在 departments.csv 中定义", "define it in departments.csv"}
            )
        );
    }
    return std::string{code};
}

void parse_posts(Parser& parser) {
    CityData& data = parser.data;
    Keys keys{parser.findings};
    for (const Source& source : parser.files("posts", ".csv")) {
        Table table{*source.file, kPostColumns, parser.findings};
        while (table.next()) {
            Post row;
            row.code = table.code(PostColumn::Code);
            row.kind = std::string{table.need(PostColumn::Kind)};
            check_post_kind(table, row.kind);
            // Whoever handles works for a department; the others may serve the whole city.
            row.department =
                parser.department_reference(table, PostColumn::Department, row.kind == "handler");
            row.area = parser.area_reference(table, PostColumn::Area);
            row.name = table.need_label(PostColumn::NameZh, PostColumn::NameEn);
            const Spot spot = table.spot(PostColumn::Code);
            if (keys.place(row.code, data.posts.size(), source.own, spot) != kNoIndex) {
                data.post_by_code.emplace(row.code, data.posts.size());
                data.posts.push_back(std::move(row));
            }
        }
    }
}

void parse_accounts(Parser& parser) {
    CityData& data = parser.data;
    Keys keys{parser.findings};
    for (const Source& source : parser.files("accounts", ".csv")) {
        Table table{*source.file, kAccountColumns, parser.findings};
        while (table.next()) {
            DemoAccount row;
            row.login = read_login(table);
            row.name = table.need_label(AccountColumn::NameZh, AccountColumn::NameEn);
            row.posts = read_account_posts(parser, table);
            const Spot spot = table.spot(AccountColumn::Login);
            if (keys.place(row.login, data.accounts.size(), source.own, spot) != kNoIndex) {
                data.accounts.push_back(std::move(row));
            }
        }
    }
}

}  // namespace chengshu::city
