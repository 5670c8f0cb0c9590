#include "edge/api/internal/call.hpp"
#include "edge/api/internal/schema.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chengshu::api {
namespace {

json::object reference(std::string_view name) {
    return {{"$ref", fmt::format("#/components/schemas/{}", name)}};
}

json::object json_content(json::value schema) {
    return {{"application/json", json::object{{"schema", std::move(schema)}}}};
}

json::object list_schema(std::string_view item) {
    json::object properties;
    properties["items"] = json::object{{"type", "array"}, {"items", type_schema(item)}};
    properties["next"] = json::object{
        {"type", "string"}, {"description", "cursor of the next page; absent at the end"}
    };
    return {
        {"type", "object"},
        {"properties", std::move(properties)},
        {"required", json::array{"items"}}
    };
}

json::object header_parameter(const char* name, const char* about) {
    return {
        {"name", name},
        {"in", "header"},
        {"description", about},
        {"schema", json::object{{"type", "string"}}}
    };
}

json::array parameters_of(const Route& route) {
    json::array out;
    std::string_view rest = route.path;
    for (auto open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
        const auto close = rest.find('}');
        const auto name = rest.substr(open + 1, close - open - 1);
        out.emplace_back(json::object{
            {"name", name},
            {"in", "path"},
            {"required", true},
            {"schema", name == "case" ? type_schema("case_id") : json::object{{"type", "string"}}}
        });
        rest.remove_prefix(close + 1);
    }
    for (const auto name : words(route.parameters)) {
        const auto* known = parameter(name);
        json::object item{{"name", shown_name(name)}, {"in", "query"}};
        if (!known->about.empty()) {
            item["description"] = known->about;
        }
        item["schema"] =
            known->type == "days" ? json::object{{"type", "string"}} : type_schema(known->type);
        out.emplace_back(std::move(item));
    }
    if (route.repeatable) {
        out.emplace_back(header_parameter(
            "Idempotency-Key", "makes a repeated request give the first answer again"
        ));
    }
    if (route.name == "actOnCase") {
        out.emplace_back(header_parameter("If-Match", "version of the case that was read"));
    }
    return out;
}

json::object success(const Route& route) {
    json::object out{{"description", route.en}};
    if (route.reply.empty()) {
        return out;
    }
    if (route.reply.starts_with("list ")) {
        out["content"] = json_content(list_schema(route.reply.substr(5)));
    } else if (route.reply == "application/json") {
        out["content"] = json_content(json::object{{"type", "object"}});
    } else if (route.reply.find('/') != std::string_view::npos) {
        out["content"] =
            json::object{{route.reply, json::object{{"schema", json::object{{"type", "string"}}}}}};
    } else {
        out["content"] = json_content(reference(route.reply));
    }
    return out;
}

const char* gate_text(const Gate& gate) {
    return gate.kind == Gate::Kind::Anyone ? "anyone"
           : gate.kind == Gate::Kind::SignedIn
               ? "signed in"
               : access::permission_info(gate.permission).code.data();
}

json::object operation(const Route& route) {
    json::object out{{"operationId", route.name}, {"summary", route.en}};
    std::string tag(route.path.substr(1, route.path.find_first_of("/.", 1) - 1));
    out["tags"] = json::array{tag};
    out["description"] = fmt::format("{}。", route.zh);
    out["x-permission"] = gate_text(route.gate);
    const bool open_to_all = route.gate.kind == Gate::Kind::Anyone ||
                             (route.gate.kind == Gate::Kind::Permitted &&
                              access::permission_info(route.gate.permission).without_post);
    json::array security{
        json::object{{"token", json::array{}}}, json::object{{"session", json::array{}}}
    };
    if (open_to_all) {
        security.emplace_back(json::object{});
    }
    out["security"] = std::move(security);
    if (auto parameters = parameters_of(route); !parameters.empty()) {
        out["parameters"] = std::move(parameters);
    }
    if (route.body == "bytes") {
        out["requestBody"] = json::object{
            {"required", true},
            {"content",
             json::object{
                 {"application/octet-stream",
                  json::object{{"schema", json::object{{"type", "string"}, {"format", "binary"}}}}}
             }}
        };
    } else if (route.body == "readings") {
        json::object content;
        for (const auto* type :
             {"application/x-ndjson", "application/vnd.influx.line", "text/plain"}) {
            content[type] = json::object{{"schema", json::object{{"type", "string"}}}};
        }
        out["requestBody"] = json::object{{"required", true}, {"content", std::move(content)}};
    } else if (route.body == "cap") {
        out["requestBody"] = json::object{
            {"required", true},
            {"content",
             json::object{
                 {"application/cap+xml", json::object{{"schema", json::object{{"type", "string"}}}}}
             }}
        };
    } else if (!route.body.empty()) {
        out["requestBody"] =
            json::object{{"required", true}, {"content", json_content(reference(route.body))}};
    }
    json::object responses{{fmt::format("{}", route.status), success(route)}};
    responses["default"] = json::object{{"$ref", "#/components/responses/Problem"}};
    out["responses"] = std::move(responses);
    return out;
}

std::string lower(std::string_view method) {
    std::string out(method);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return static_cast<char>(c + 32);
    });
    return out;
}

json::object components() {
    json::object all;
    for (const auto& item : schemas()) {
        all[item.name] = object_schema(item);
    }
    json::object out;
    out["schemas"] = std::move(all);
    out["responses"] = json::object{
        {"Problem",
         json::object{
             {"description", "What went wrong; see /errors"},
             {"content",
              json::object{
                  {"application/problem+json", json::object{{"schema", reference("Problem")}}}
              }}
         }}
    };
    out["securitySchemes"] = json::object{
        {"token", json::object{{"type", "http"}, {"scheme", "bearer"}}},
        {"session",
         json::object{
             {"type", "apiKey"},
             {"in", "cookie"},
             {"name", "chengshu_session"},
             {"description", "Changes also need the header X-Chengshu-CSRF: 1"}
         }}
    };
    return out;
}

/// Two spaces for each level: what is committed must be readable in a diff.
void write_pretty(std::string& out, const json::value& value, const std::string& indent) {
    const auto inner = indent + "  ";
    if (value.is_object() && !value.get_object().empty()) {
        out += "{\n";
        bool first = true;
        for (const auto& member : value.get_object()) {
            out += first ? "" : ",\n";
            out += inner + json::serialize(json::string(member.key())) + ": ";
            write_pretty(out, member.value(), inner);
            first = false;
        }
        out += "\n" + indent + "}";
    } else if (value.is_array() && !value.get_array().empty() &&
               value.get_array()[0].is_structured()) {
        out += "[\n";
        bool first = true;
        for (const auto& item : value.get_array()) {
            out += first ? "" : ",\n";
            out += inner;
            write_pretty(out, item, inner);
            first = false;
        }
        out += "\n" + indent + "]";
    } else {
        out += json::serialize(value);
    }
}

}  // namespace

std::string openapi_document() {
    json::object paths;
    for (const auto& route : routes()) {
        auto& path = paths[route.path];
        if (!path.is_object()) {
            path.emplace_object();
        }
        path.get_object()[lower(route.method)] = operation(route);
    }
    json::object document;
    document["openapi"] = "3.1.0";
    document["info"] = json::object{
        {"title", "Chengshu 城枢"},
        {"version", "1"},
        {"description",
         "Reports from everybody in a city become cases that are filed, dispatched, handled, "
         "checked, closed and scored. "
         "Ids of cases are strings of 19 digits; instants are RFC 3339 in UTC; coordinates are WGS "
         "84. Lists are "
         "{items, next}: give `next` as `cursor`. Errors are problem details in the language of "
         "Accept-Language (zh, en)."},
        {"license", json::object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}
    };
    document["servers"] = json::array{json::object{{"url", kBasePath}}};
    document["paths"] = std::move(paths);
    document["components"] = components();
    std::string out;
    write_pretty(out, document, "");
    return out + "\n";
}

}  // namespace chengshu::api
