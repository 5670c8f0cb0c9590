#pragma once

#include "ports/store.hpp"

#include <string>

namespace chengshu::redo {

inline constexpr std::int64_t kStart = 1'795'132'800'000;  // 2026-11-20T00:00:00Z

inline ports::CaseRow sample_case(std::int64_t serial, std::int64_t version = 1) {
    ports::CaseRow row;
    row.id = CaseId{serial};
    row.version = version;
    row.body = "{\"version\":" + std::to_string(version) + "}";
    row.state = version == 1 ? "filed" : "handling";
    row.area_1 = "110108";
    row.path = "/110000/110108/";
    row.reported_at = kStart + serial * 1000;
    row.reported_day = 20'261'120;
    row.next_timer = row.reported_at + 60'000 * version;
    row.lon = 116.31;
    if (version == 1) {
        row.terms = std::vector<std::string>{"路灯", "n" + std::to_string(serial)};
    }
    return row;
}

inline ports::Changes insert_of(const ports::CaseRow& row) {
    ports::Changes changes;
    changes.cases.push_back({.row = row, .insert = true, .expected_version = 0});
    return changes;
}

inline ports::Changes update_of(const ports::CaseRow& row) {
    ports::Changes changes;
    changes.cases.push_back({.row = row, .insert = false, .expected_version = row.version - 1});
    return changes;
}

inline ports::JournalRow sample_entry(std::int64_t seq, CaseId case_id = {}) {
    return {Seq{seq}, kStart + seq, case_id, "note", "system", "{}"};
}

}  // namespace chengshu::redo
