#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chengshu::open311 {

enum class Format { Xml, Json };

/// What is answered, before it is written as XML or JSON. A list's name and its items' names exist
/// in XML only.
struct Item {
    enum class Kind {
        Text,  ///< empty: an empty element, or null
        Bare,  ///< a number, true or false
        Object,
        List,
    };

    std::string name;
    Kind kind = Kind::Text;
    std::string text;
    std::vector<Item> items;
};

Item text(std::string name, std::string value);
Item number(std::string name, double value);
Item integer(std::string name, long long value);
Item flag(std::string name, bool value);
Item object(std::string name, std::vector<Item> items);
Item list(std::string name, std::vector<Item> items);

/// With declaration. Characters that XML 1.0 cannot hold are left out.
std::string to_xml(const Item& root);
std::string to_json(const Item& root);

}  // namespace chengshu::open311
