#pragma once

#include "base/ids.hpp"
#include "domain/city/geometry.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace chengshu::services {

/// Where the open cases are, by category: the candidates for a duplicate, without asking the store.
/// Not thread-safe; belongs to the writer.
class OpenCases {
public:
    struct Spot {
        CaseId id;
        city::Point point;
        std::int64_t reported_at = 0;  ///< ms UTC
    };

    void put(const std::string& category, const Spot& spot);
    /// Nothing happens when it is not there.
    void erase(const std::string& category, city::Point point, CaseId id);

    /// Spots of the category within the radius (metres), reported at or after `since`; nearest
    /// first, of equal distance by id. Drops what it meets that is older: `since` must not go back
    /// by more than the caller can bear.
    std::vector<Spot>
    near(const std::string& category, city::Point point, double radius_m, std::int64_t since);

    void clear() { categories_.clear(); }

private:
    using Cells = std::map<std::int64_t, std::vector<Spot>>;  ///< by city::cell_of

    std::map<std::string, Cells> categories_;
};

}  // namespace chengshu::services
