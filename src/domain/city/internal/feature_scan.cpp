#include "domain/city/internal/feature_scan.hpp"

namespace chengshu::city {
namespace {

class Scanner {
public:
    explicit Scanner(std::string_view json) : json_(json) {}

    std::optional<FeatureScan> run() {
        if (!find_array()) {
            return std::nullopt;
        }
        FeatureScan scan;
        scan.array_begin = at_;
        while (true) {
            skip_blanks();
            if (peek() == ']' && scan.features.empty()) {
                break;
            }
            FeatureRange range{at_, 0, line_};
            if (!skip_value()) {
                return std::nullopt;
            }
            range.length = at_ - range.offset;
            scan.features.push_back(range);
            skip_blanks();
            if (peek() == ']') {
                break;
            }
            if (peek() != ',') {
                return std::nullopt;
            }
            ++at_;
        }
        scan.array_end = at_;
        return scan;
    }

private:
    [[nodiscard]] char peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }

    void skip_blanks() {
        while (at_ < json_.size()) {
            const char c = json_[at_];
            if (c == '\n') {
                ++line_;
            } else if (c != ' ' && c != '\t' && c != '\r') {
                return;
            }
            ++at_;
        }
    }

    /// From the opening quote to behind the closing one; the contents as written.
    std::optional<std::string_view> skip_string() {
        const std::size_t begin = ++at_;
        while (at_ < json_.size() && json_[at_] != '"') {
            line_ += json_[at_] == '\n' ? 1 : 0;
            at_ += json_[at_] == '\\' ? 2 : 1;
        }
        if (at_ >= json_.size()) {
            return std::nullopt;
        }
        return json_.substr(begin, at_++ - begin);
    }

    /// Behind one object, array, string or bare word.
    bool skip_value() {
        int depth = 0;
        const std::size_t begin = at_;
        while (at_ < json_.size()) {
            const char c = json_[at_];
            if (c == '"') {
                if (!skip_string()) {
                    return false;
                }
            } else if (c == '{' || c == '[') {
                ++depth;
                ++at_;
            } else if (c == '}' || c == ']') {
                if (depth == 0) {
                    return at_ > begin;
                }
                --depth;
                ++at_;
            } else if (depth == 0 && c == ',') {
                return at_ > begin;
            } else {
                line_ += c == '\n' ? 1 : 0;
                ++at_;
                continue;
            }
            if (depth == 0) {
                return true;
            }
        }
        return false;
    }

    /// Walks the keys of the outermost object to "features": [ and stops behind the bracket.
    bool find_array() {
        skip_blanks();
        if (peek() != '{') {
            return false;
        }
        ++at_;
        while (true) {
            skip_blanks();
            if (peek() != '"') {
                return false;
            }
            const auto key = skip_string();
            skip_blanks();
            if (!key || peek() != ':') {
                return false;
            }
            ++at_;
            skip_blanks();
            if (*key == "features") {
                if (peek() != '[') {
                    return false;
                }
                ++at_;
                return true;
            }
            if (!skip_value()) {
                return false;
            }
            skip_blanks();
            if (peek() != ',') {
                return false;
            }
            ++at_;
        }
    }

    std::string_view json_;
    std::size_t at_ = 0;
    int line_ = 1;
};

}  // namespace

std::optional<FeatureScan> scan_features(std::string_view json) {
    return Scanner{json}.run();
}

}  // namespace chengshu::city
