#include "domain/city/internal/parser.hpp"
#include "domain/city/internal/text.hpp"
#include "domain/city/tables.hpp"
#include "domain/city/yaml_file.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace chengshu::city {
namespace {

constexpr std::size_t kCodeMax = 64;
constexpr std::size_t kTextMax = 1'000;
constexpr double kNumberMax = 1e15;
constexpr std::array kTypes{
    TableColumn::Type::Area,
    TableColumn::Type::Number,
    TableColumn::Type::Text,
    TableColumn::Type::Date
};

bool is_code(std::string_view written) {
    return !written.empty() && written.size() <= kCodeMax && written.front() >= 'a' &&
           written.front() <= 'z' && std::all_of(written.begin(), written.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

/// Reads the catalogues of a city, and with each entry its rows.
class TableReader {
public:
    explicit TableReader(Parser& parser) : parser_(parser), keys_(parser.findings) {}

    void read() {
        for (const auto& source : parser_.files("tables", ".yaml")) {
            YamlFile yaml{*source.file, parser_.findings};
            if (!yaml.ok() || !yaml.check_map(yaml.root(), {"tables"})) {
                continue;
            }
            if (const auto list = yaml.need(yaml.root(), "tables")) {
                yaml.each(*list, kTablesMax, [&](const YAML::Node& node) {
                    read_entry(yaml, source, node);
                });
            }
        }
        for (const auto& source : parser_.files("table", ".csv")) {
            if (!used_.contains(source.file->path)) {
                parser_.findings.warning(
                    {source.file->path, 0, 0},
                    {"没有目录列出该表，未读取", "no catalogue names this table; it is not read"},
                    {"在同一文件夹的 tables.yaml 中列出", "name it in tables.yaml beside it"}
                );
            }
        }
    }

private:
    std::string code(YamlFile& yaml, const YAML::Node& node) {
        auto written = yaml.need_scalar(node, "code");
        if (const auto at = YamlFile::find(node, "code");
            at && !written.empty() && !is_code(written)) {
            yaml.error(
                *at,
                text("“{}”不能作为代码", "'{}' cannot be a code", shortened(written)),
                {"小写字母开头，由小写字母、数字与下划线组成",
                 "lower-case letters, digits and underscores, a letter first"}
            );
        }
        return written;
    }

    void read_entry(YamlFile& yaml, const Source& source, const YAML::Node& node) {
        if (!yaml.check_map(
                node,
                {"code",
                 "name",
                 "note",
                 "owner",
                 "source",
                 "licence",
                 "updated",
                 "every",
                 "public",
                 "file",
                 "key",
                 "columns"}
            )) {
            return;
        }
        auto table = std::make_shared<DataTable>();
        table->code = code(yaml, node);
        table->name = yaml.need_label(node, "name");
        table->source = yaml.need_scalar(node, "source");
        if (const auto note = YamlFile::find(node, "note")) {
            table->note = yaml.label(*note);
        }
        if (const auto licence = YamlFile::find(node, "licence")) {
            table->licence = yaml.scalar(*licence);
        }
        if (const auto updated = yaml.need(node, "updated")) {
            table->updated = yaml.date(*updated).value_or(Date{});
        }
        if (const auto every = YamlFile::find(node, "every")) {
            table->every = yaml.label(*every);
        }
        if (const auto open = YamlFile::find(node, "public")) {
            table->is_public = yaml.flag(*open).value_or(false);
        }
        read_owner(yaml, node, *table);
        const auto errors = read_columns(yaml, node, *table);
        const auto key = read_key(yaml, node, *table);
        const auto* file = find_file(yaml, source, node);
        if (file != nullptr && !errors) {
            table->file = file->path;
            read_rows(*file, key, *table);
        }
        auto& tables = parser_.data.tables;
        const auto index = keys_.place(table->code, tables.size(), source.own, yaml.spot(node));
        if (index != kNoIndex) {
            put(tables, index, DataTablePtr{std::move(table)});
        }
    }

    void read_owner(YamlFile& yaml, const YAML::Node& node, DataTable& table) {
        const auto owner = YamlFile::find(node, "owner");
        if (!owner) {
            return;
        }
        table.owner = yaml.scalar(*owner);
        if (parser_.data.department_by_code.contains(table.owner)) {
            return;
        }
        Suggestion suggestion{table.owner};
        for (const auto& department : parser_.data.departments) {
            suggestion.consider(department.code);
        }
        yaml.error(
            *owner,
            text("部门“{}”不存在", "there is no department '{}'", shortened(table.owner)),
            did_you_mean(
                suggestion.best(), {"在 departments.csv 中定义", "define it in departments.csv"}
            )
        );
    }

    /// True when rows cannot be read by what is said of the columns.
    bool read_columns(YamlFile& yaml, const YAML::Node& node, DataTable& table) {
        const auto list = yaml.need(node, "columns");
        if (!list) {
            return true;
        }
        bool wrong = !list->IsSequence();
        yaml.each(*list, kTableColumnsMax, [&](const YAML::Node& item) {
            if (!yaml.check_map(item, {"code", "name", "type", "unit"})) {
                wrong = true;
                return;
            }
            TableColumn column;
            column.code = code(yaml, item);
            column.name = yaml.need_label(item, "name");
            if (const auto unit = YamlFile::find(item, "unit")) {
                column.unit = unit->IsMap() ? yaml.label(*unit)
                                            : Label{yaml.scalar(*unit), yaml.scalar(*unit)};
            }
            wrong = !read_type(yaml, item, column) || wrong;
            if (table.column(column.code) || column.code == "valid_from" ||
                column.code == "valid_to") {
                wrong = true;
                yaml.error(
                    item,
                    text("列“{}”重复", "the column '{}' appears twice", shortened(column.code)),
                    {"每列一个代码；valid_from 与 valid_to 每张表都有，不必列出",
                     "a code for each column; every table has valid_from and valid_to, which are "
                     "not listed"}
                );
                return;
            }
            table.columns.push_back(std::move(column));
        });
        const auto areas =
            std::count_if(table.columns.begin(), table.columns.end(), [](const auto& column) {
                return column.type == TableColumn::Type::Area;
            });
        if (areas != 1 && !wrong) {
            wrong = true;
            yaml.error(
                *list,
                {"须有且只有一列类型为 area", "exactly one column has the type area"},
                {"写明每行属于哪个区域的那一列", "it says which area a row belongs to"}
            );
        }
        return wrong || list->size() > kTableColumnsMax;
    }

    static bool read_type(YamlFile& yaml, const YAML::Node& node, TableColumn& column) {
        const auto given = yaml.need(node, "type");
        if (!given) {
            return false;
        }
        const auto written = yaml.scalar(*given);
        Suggestion suggestion{written};
        for (const auto type : kTypes) {
            if (written == type_name(type)) {
                column.type = type;
                return true;
            }
            suggestion.consider(type_name(type));
        }
        yaml.error(
            *given,
            text("类型“{}”不存在", "there is no type '{}'", shortened(written)),
            did_you_mean(
                suggestion.best(),
                {"可用：area、number、text、date", "known: area, number, text, date"}
            )
        );
        return false;
    }

    /// Columns that tell rows of one day apart; none: rows may be alike.
    static std::vector<std::size_t>
    read_key(YamlFile& yaml, const YAML::Node& node, const DataTable& table) {
        std::vector<std::size_t> out;
        const auto key = YamlFile::find(node, "key");
        if (!key) {
            return out;
        }
        yaml.each(*key, kTableColumnsMax, [&](const YAML::Node& item) {
            const auto written = yaml.scalar(item);
            const auto column = table.column(written);
            if (column && table.columns[*column].type != TableColumn::Type::Number) {
                out.push_back(*column);
                return;
            }
            Suggestion suggestion{written};
            for (const auto& one : table.columns) {
                if (one.type != TableColumn::Type::Number) {
                    suggestion.consider(one.code);
                }
            }
            yaml.error(
                item,
                text(
                    "“{}”不是可作主键的列",
                    "'{}' is no column that a key can have",
                    shortened(written)
                ),
                did_you_mean(
                    suggestion.best(),
                    {"写 area、text 或 date 类型的列", "name columns of type area, text or date"}
                )
            );
        });
        return out;
    }

    const CityFile* find_file(YamlFile& yaml, const Source& source, const YAML::Node& node) {
        const auto name = yaml.need_scalar(node, "file");
        const auto at = YamlFile::find(node, "file");
        if (name.empty() || !at) {
            return nullptr;
        }
        const auto& catalogue = source.file->path;
        const auto folder = catalogue.substr(0, catalogue.rfind('/') + 1);
        Suggestion suggestion{name};
        for (const auto& other : parser_.files("table", ".csv")) {
            const auto& path = other.file->path;
            if (path == folder + name) {
                used_.insert(path);
                return other.file;
            }
            if (path.starts_with(folder)) {
                suggestion.consider(std::string_view{path}.substr(folder.size()));
            }
        }
        yaml.error(
            *at,
            text("旁边没有文件“{}”", "there is no file '{}' beside it", shortened(name)),
            did_you_mean(
                suggestion.best(),
                {"文件名写作 table-….csv，与目录放在同一文件夹",
                 "its name is table-….csv, and it stands beside the catalogue"}
            )
        );
        return nullptr;
    }

    void read_rows(const CityFile& file, std::span<const std::size_t> key, DataTable& out) {
        std::vector<Column> columns;
        columns.reserve(out.columns.size() + 2);
        for (const auto& column : out.columns) {
            columns.push_back({column.code, true});
        }
        const auto from = columns.size();
        columns.push_back({"valid_from"});
        columns.push_back({"valid_to"});
        Table table{file, columns, parser_.findings};
        Once once;
        while (table.next()) {
            if (++rows_ > kTableRowsMax) {
                parser_.findings.error(
                    table.row_spot(),
                    text(
                        "各表合计超过 {} 行",
                        "the tables have more than {} rows together",
                        kTableRowsMax
                    ),
                    {"先汇总，再编入目录", "sum them up before they are catalogued"}
                );
                return;
            }
            TableRow row;
            row.line = table.row_spot().line;
            row.validity = table.validity(from, from + 1);
            for (std::size_t i = 0; i < out.columns.size(); ++i) {
                row.cells.push_back(cell(table, i, out.columns[i].type));
                if (out.columns[i].type == TableColumn::Type::Area) {
                    row.area = std::get<std::string>(row.cells.back());
                }
            }
            if (!key.empty()) {
                std::string joined;
                for (const auto column : key) {
                    joined += table.get(column);
                    joined += '\n';
                }
                once[joined].push_back({row.validity, row.line});
            }
            out.rows.push_back(std::move(row));
        }
        check_once(file, once);
        for (const auto& row : out.rows) {
            for (const auto& turn : {row.validity.from, row.validity.to}) {
                if (turn) {
                    out.turns.push_back(*turn);
                }
            }
        }
        std::sort(out.turns.begin(), out.turns.end());
        out.turns.erase(std::unique(out.turns.begin(), out.turns.end()), out.turns.end());
        std::stable_sort(out.rows.begin(), out.rows.end(), [](const auto& a, const auto& b) {
            return a.area < b.area;
        });
    }

    TableCell cell(Table& table, std::size_t column, TableColumn::Type type) {
        if (type == TableColumn::Type::Area) {
            return table.need(column).empty() ? std::string{}
                                              : parser_.area_reference(table, column);
        }
        const auto written = table.get(column);
        if (written.empty()) {
            return std::monostate{};
        }
        if (type == TableColumn::Type::Number) {
            return table.number(column, -kNumberMax, kNumberMax, 0);
        }
        if (type == TableColumn::Type::Date) {
            return table.date(column).value_or(Date{});
        }
        if (written.size() > kTextMax) {
            table.error(
                column,
                text("文字超过 {} 字节", "the text has more than {} bytes", kTextMax),
                {"写短一些", "write less"}
            );
        }
        return std::string{written};
    }

    struct Held {
        Validity validity;
        int line = 0;
    };

    using Once = std::map<std::string, std::vector<Held>>;

    /// Of rows with the same key one holds on a day.
    void check_once(const CityFile& file, Once& once) {
        for (auto& [key, rows] : once) {
            std::sort(rows.begin(), rows.end(), [](const Held& a, const Held& b) {
                return std::tie(a.validity.from, a.line) < std::tie(b.validity.from, b.line);
            });
            for (std::size_t i = 1; i < rows.size(); ++i) {
                const auto& before = rows[i - 1];
                const auto& after = rows[i];
                if (before.validity.to && after.validity.from &&
                    *before.validity.to <= *after.validity.from) {
                    continue;
                }
                parser_.findings.error(
                    {file.path, std::max(before.line, after.line), 0},
                    text(
                        "与第 {} 行主键相同，有效期重叠",
                        "it has the same key as line {}, and both are valid on some days",
                        std::min(before.line, after.line)
                    ),
                    {"给旧行填写 valid_to，或删除其中一行",
                     "give the older row a valid_to, or remove one of them"}
                );
            }
        }
    }

    Parser& parser_;
    Keys keys_;
    std::set<std::string> used_;  ///< paths of CSV files
    std::size_t rows_ = 0;
};

}  // namespace

void parse_tables(Parser& parser) {
    TableReader(parser).read();
}

}  // namespace chengshu::city
