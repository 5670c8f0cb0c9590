#pragma once

#include "edge/api/internal/call.hpp"

// One function for each row of the route table, in the file that names its subject.

namespace chengshu::api {

// city.cpp
Result<Outcome> get_city(const Call& call);
Result<Outcome> list_areas(const Call& call);
Result<Outcome> list_categories(const Call& call);
Result<Outcome> list_standards(const Call& call);
Result<Outcome> list_departments(const Call& call);
Result<Outcome> list_workflows(const Call& call);
Result<Outcome> get_workflow(const Call& call);
Result<Outcome> locate(const Call& call);
Result<Outcome> get_openapi(const Call& call);
Result<Outcome> list_errors(const Call& call);
// sessions.cpp
Result<Outcome> open_session(const Call& call);
Result<Outcome> close_session(const Call& call);
Result<Outcome> get_me(const Call& call);
Result<Outcome> put_position(const Call& call);
// reports.cpp
Result<Outcome> post_report(const Call& call);
Result<Outcome> get_report(const Call& call);
Result<Outcome> list_reports(const Call& call);
// attachments.cpp
Result<Outcome> post_attachment(const Call& call);
Result<Outcome> get_attachment(const Call& call);
// cases.cpp
Result<Outcome> get_case(const Call& call);
Result<Outcome> get_timeline(const Call& call);
Result<Outcome> list_actions(const Call& call);
Result<Outcome> post_transition(const Call& call);
Result<Outcome> reveal(const Call& call);
// case_list.cpp
Result<Outcome> list_cases(const Call& call);
// case_csv.cpp
Result<Outcome> export_cases(const Call& call);
// consultations.cpp
Result<Outcome> post_consultation(const Call& call);
Result<Outcome> post_conclusion(const Call& call);
Result<Outcome> list_consultations(const Call& call);
// statistics.cpp
Result<Outcome> get_funnel(const Call& call);
Result<Outcome> get_scores(const Call& call);
Result<Outcome> get_series(const Call& call);
// dimensions.cpp
Result<Outcome> list_dimensions(const Call& call);
// indicators.cpp
Result<Outcome> list_indicators(const Call& call);
Result<Outcome> list_indicator_values(const Call& call);
Result<Outcome> try_draft(const Call& call);
Result<Outcome> open_indicator(const Call& call);
// submissions.cpp
Result<Outcome> post_submission(const Call& call);
Result<Outcome> list_submissions(const Call& call);
Result<Outcome> get_submission(const Call& call);
Result<Outcome> post_approval(const Call& call);
Result<Outcome> post_return(const Call& call);
// tables.cpp
Result<Outcome> list_tables(const Call& call);
Result<Outcome> list_table_rows(const Call& call);
// feed.cpp
Result<Outcome> get_feed(const Call& call);
// feed_pages.cpp
Result<Outcome> list_pages(const Call& call);
// feed_rows.cpp
Result<Outcome> open_feed_value(const Call& call);
// feed_tiles.cpp
Result<Outcome> get_feed_tile(const Call& call);
// sheets.cpp
Result<Outcome> list_sheets(const Call& call);
Result<Outcome> get_sheet(const Call& call);
// events.cpp
Result<Outcome> follow_events(const Call& call);
// tiles.cpp
Result<Outcome> get_tile(const Call& call);
// webhooks.cpp
Result<Outcome> post_webhook(const Call& call);
Result<Outcome> list_webhooks(const Call& call);
Result<Outcome> delete_webhook(const Call& call);
Result<Outcome> list_dead_letters(const Call& call);
Result<Outcome> replay_dead_letter(const Call& call);
// accounts.cpp
Result<Outcome> post_account(const Call& call);
Result<Outcome> list_accounts(const Call& call);
Result<Outcome> delete_account(const Call& call);
Result<Outcome> post_password(const Call& call);
Result<Outcome> post_token(const Call& call);
Result<Outcome> list_tokens(const Call& call);
Result<Outcome> delete_token(const Call& call);
// observations.cpp
Result<Outcome> post_observations(const Call& call);
// things.cpp
Result<Outcome> list_things(const Call& call);
Result<Outcome> list_readings(const Call& call);
Result<Outcome> list_hours(const Call& call);
// alerts.cpp
Result<Outcome> list_rules(const Call& call);
Result<Outcome> judge_rule(const Call& call);
Result<Outcome> list_alerts(const Call& call);
Result<Outcome> get_alert(const Call& call);
Result<Outcome> post_acknowledgement(const Call& call);
Result<Outcome> post_message(const Call& call);
Result<Outcome> get_message(const Call& call);
Result<Outcome> post_warning(const Call& call);
// plans.cpp
Result<Outcome> list_plans(const Call& call);
Result<Outcome> list_responses(const Call& call);
Result<Outcome> get_response(const Call& call);
Result<Outcome> post_response(const Call& call);
Result<Outcome> post_command(const Call& call);
// audit.cpp
Result<Outcome> list_audit(const Call& call);

}  // namespace chengshu::api
