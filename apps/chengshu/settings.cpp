#include "settings.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

namespace chengshu::app {
namespace {

enum class Kind { Text, Path, Count, Size, Time, Switch, Choice };

struct Row {
    std::string_view name;
    Kind kind;
    std::string_view standard;  ///< default; for Choice all values, the first is the default
    std::int64_t low;
    std::int64_t high;
    std::string_view help_en;
    std::string_view help_zh;
};

constexpr auto kRows = std::to_array<Row>({
#define CS_SETTING(name, kind, standard, low, high, en, zh) \
    {name, Kind::kind, standard, low, high, en, zh},
#include "settings.def"
#undef CS_SETTING
});

const Row* row_of(std::string_view name) {
    const auto* found =
        std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.name == name; });
    return found == kRows.end() ? nullptr : found;
}

std::string_view default_of(const Row& row) {
    return row.kind == Kind::Choice ? row.standard.substr(0, row.standard.find('|')) : row.standard;
}

/// A number with one of the units; nullopt when it is neither.
std::optional<std::int64_t> with_unit(
    std::string_view text,
    std::initializer_list<std::pair<std::string_view, std::int64_t>> units
) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value < 0) {
        return std::nullopt;
    }
    const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const auto& [name, factor] : units) {
        if (unit == name && value <= INT64_MAX / factor) {
            return value * factor;
        }
    }
    return std::nullopt;
}

std::optional<std::int64_t> number_of(const Row& row, std::string_view text) {
    switch (row.kind) {
        case Kind::Count:
            return with_unit(text, {{"", 1}});
        case Kind::Size:
            return with_unit(
                text, {{"", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}}
            );
        case Kind::Time:
            return with_unit(text, {{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}});
        default:
            return std::nullopt;
    }
}

const char* form_of(Kind kind) {
    switch (kind) {
        case Kind::Count:
            return "a whole number";
        case Kind::Size:
            return "a size such as 10MiB";
        case Kind::Time:
            return "a time such as 30s, 500ms or 5min";
        case Kind::Switch:
            return "true or false";
        default:
            return "text";
    }
}

Status check(const Row& row, std::string_view text, std::string_view source) {
    const auto wrong = [&](std::string_view why) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("setting {} = \"{}\" ({}): {}", row.name, text, source, why),
            std::string(row.name)
        );
    };
    if (row.kind == Kind::Switch && text != "true" && text != "false") {
        return wrong("write true or false");
    }
    if (row.kind == Kind::Choice &&
        fmt::format("|{}|", row.standard).find(fmt::format("|{}|", text)) == std::string::npos) {
        return wrong(fmt::format("choose one of {}", row.standard));
    }
    if (row.kind == Kind::Count || row.kind == Kind::Size || row.kind == Kind::Time) {
        const auto number = number_of(row, text);
        if (!number) {
            return wrong(fmt::format("write {}", form_of(row.kind)));
        }
        if (*number < row.low || *number > row.high) {
            return wrong(fmt::format("it must lie in {}..{}", row.low, row.high));
        }
    }
    return ok();
}

std::string nearest_name(std::string_view name) {
    constexpr std::size_t kNameBytesMax = 64;
    const auto begun = name.substr(0, kNameBytesMax);
    const auto* best =
        std::min_element(kRows.begin(), kRows.end(), [&](const Row& a, const Row& b) {
            return edit_distance(begun, a.name) < edit_distance(begun, b.name);
        });
    return std::string(best->name);
}

std::string environment_name(std::string_view name) {
    std::string out = "CHENGSHU_";
    for (const char c : name) {
        out += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return out;
}

}  // namespace

Status Settings::set(std::string_view name, std::string text, std::string source) {
    const auto* row = row_of(name);
    if (row == nullptr) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format(
                "there is no setting \"{}\" ({}); did you mean {}?",
                name,
                source,
                nearest_name(name)
            ),
            std::string(name)
        );
    }
    CS_CHECK(check(*row, text, source));
    values_[std::string(name)] = {std::move(text), std::move(source)};
    return ok();
}

Result<Settings> Settings::load(
    const std::string& file,
    bool file_must_exist,
    const std::function<const char*(const char*)>& environment,
    const std::vector<std::string>& overrides
) {
    Settings out;
    for (const auto& row : kRows) {
        out.values_[std::string(row.name)] = {std::string(default_of(row)), "default"};
    }
    std::ifstream in(file);
    if (!in && file_must_exist) {
        return fail(
            ErrorCode::InvalidInput,
            fmt::format("the settings file {} cannot be read", file),
            "--config"
        );
    }
    if (in) {
        std::stringstream content;
        content << in.rdbuf();
        try {
            for (const auto& item : YAML::Load(content.str())) {
                CS_CHECK(out.set(
                    item.first.as<std::string>(),
                    item.second.as<std::string>(),
                    fmt::format("{}:{}", file, item.first.Mark().line + 1)
                ));
            }
        } catch (const YAML::Exception& error) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "{}:{}: write one \"name: value\" a line: {}",
                    file,
                    error.mark.line + 1,
                    error.msg
                ),
                "--config"
            );
        }
    }
    for (const auto& row : kRows) {
        const auto name = environment_name(row.name);
        if (const char* value = environment(name.c_str())) {
            CS_CHECK(out.set(row.name, value, "environment " + name));
        }
    }
    for (const auto& item : overrides) {
        const auto equals = item.find('=');
        if (equals == std::string::npos) {
            return fail(
                ErrorCode::InvalidInput, fmt::format("--set {}: write name=value", item), "--set"
            );
        }
        CS_CHECK(out.set(item.substr(0, equals), item.substr(equals + 1), "--set"));
    }
    return out;
}

std::string Settings::text(std::string_view name) const {
    const auto found = values_.find(name);
    CS_ASSERT(found != values_.end());
    return found->second.text;
}

std::int64_t Settings::count(std::string_view name) const {
    const auto* row = row_of(name);
    CS_ASSERT(row != nullptr);
    const auto number = number_of(*row, text(name));
    CS_ASSERT(number.has_value());
    return *number;
}

bool Settings::on(std::string_view name) const {
    return text(name) == "true";
}

std::chrono::milliseconds Settings::time(std::string_view name) const {
    return std::chrono::milliseconds{count(name)};
}

std::string settings_reference() {
    std::string out =
        "# Settings · 配置项\n\nOrder of strength 优先级: default, the file `chengshu.yaml` in the "
        "data folder (or `--config`), the environment, "
        "`--set name=value`.\nThis page is printed by `chengshu config reference`; a test compares "
        "them.\n\n"
        "| name | environment | default | meaning | 含义 |\n|---|---|---|---|---|\n";
    for (const auto& row : kRows) {
        auto standard = std::string(row.standard);
        std::replace(standard.begin(), standard.end(), '|', '/');
        out += fmt::format(
            "| `{}` | `{}` | {} | {} | {} |\n",
            row.name,
            environment_name(row.name),
            standard.empty() ? "" : "`" + standard + "`",
            row.help_en,
            row.help_zh
        );
    }
    return out;
}

}  // namespace chengshu::app
