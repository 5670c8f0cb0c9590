#include "edge/api/internal/handlers.hpp"

namespace chengshu::api {
namespace {

using access::Permission;

constexpr auto kReport = permitted(Permission::Report);
constexpr auto kRead = permitted(Permission::ReadCase);
constexpr auto kReveal = permitted(Permission::ReadPersonalData);
constexpr auto kAct = permitted(Permission::Act);
constexpr auto kConsult = permitted(Permission::Consult);
constexpr auto kExport = permitted(Permission::Export);
constexpr auto kStatistics = permitted(Permission::ReadStatistics);
constexpr auto kAccounts = permitted(Permission::ManageAccounts);
constexpr auto kWebhooks = permitted(Permission::ManageWebhooks);
constexpr auto kAudit = permitted(Permission::ReadAudit);

#define CS_CASE_FILTERS                                                                                        \
    "number q area state open category department source queue holder collector parent from to near measure "  \
    "measure_kind measure_subject measure_area measure_from measure_to scope sort"

// method, path, gate, status, operation, zh, en, parameters, body, reply, handler, repeatable
const Route kRoutes[] = {
    {"POST", "/sessions", kAnyone, 201, "openSession", "登录", "Sign in", "", "NewSession", "Session", open_session},
    {"DELETE", "/sessions/current", kSignedIn, 204, "closeSession", "退出登录", "Sign out", "", "", "", close_session},
    {"GET", "/me", kSignedIn, 200, "getMe", "当前账号", "The caller's own account", "", "", "Account", get_me},

    {"GET", "/city", kAnyone, 200, "getCity", "城市", "The city", "", "", "City", get_city},
    {"GET", "/areas", kAnyone, 200, "listAreas", "区域", "Areas", "parent:area level limit cursor", "", "list Area", list_areas},
    {"GET", "/categories", kAnyone, 200, "listCategories", "类目", "Categories valid today", "code_set kind parent:class q limit cursor", "", "list Category", list_categories},
    {"GET", "/standards", kAnyone, 200, "listStandards", "立案标准", "Filing standards valid today", "category limit cursor", "", "list Standard", list_standards},
    {"GET", "/departments", kAnyone, 200, "listDepartments", "部门", "Departments valid today", "limit cursor", "", "list Department", list_departments},
    {"GET", "/workflows", kAnyone, 200, "listWorkflows", "流程", "Workflows", "limit cursor", "", "list WorkflowName", list_workflows},
    {"GET", "/workflows/{code}", kAnyone, 200, "getWorkflow", "一个流程", "A workflow", "", "", "Workflow", get_workflow},
    {"GET", "/locate", kAnyone, 200, "locate", "坐标所在区域", "The areas that contain a coordinate", "lon lat datum", "", "Place", locate},

    {"POST", "/reports", kReport, 201, "fileReport", "上报", "Report a matter", "", "NewReport", "FiledReport", post_report, true},
    {"GET", "/reports", kRead, 200, "listReports", "上报记录", "Reports of a case or a source, newest first", "case source limit cursor", "", "list Report", list_reports},
    {"GET", "/reports/{report}", kRead, 200, "getReport", "一条上报", "A report", "", "", "Report", get_report},
    {"POST", "/attachments", kReport, 201, "storeFile", "上传附件", "Store a photo, video or document (the type is found from the content)", "", "bytes", "FileStored", post_attachment},
    {"GET", "/attachments/{sha256}", kRead, 200, "getFile", "附件", "A stored file", "", "", "*/*", get_attachment},

    {"GET", "/cases", kAnyone, 200, "listCases", "案件列表", "Cases, newest report first", CS_CASE_FILTERS " limit cursor", "", "list CaseSummary", list_cases},
    {"GET", "/cases.csv", kExport, 200, "exportCases", "导出案件", "The same as CSV", CS_CASE_FILTERS, "", "text/csv", export_cases},
    {"GET", "/cases/{case}", kAnyone, 200, "getCase", "案件", "A case", "", "", "Case", get_case},
    {"GET", "/cases/{case}/timeline", kAnyone, 200, "getTimeline", "案件流转", "Every step of a case with its reason", "limit cursor", "", "list Entry", get_timeline},
    {"GET", "/cases/{case}/actions", kAct, 200, "listActions", "可执行的操作", "What the caller may do with the case now", "", "", "list Action", list_actions},
    {"POST", "/cases/{case}/transitions", kAct, 200, "actOnCase", "办理", "Act on a case (If-Match: the version that was read)", "", "NewTransition", "Case", post_transition, true},
    {"POST", "/cases/{case}/reveal", kReveal, 200, "revealReporter", "查看上报人信息", "Personal data in clear; the reading is kept in the journal", "", "NewReveal", "Revealed", reveal},

    {"POST", "/consultations", kConsult, 201, "openConsultation", "发起会商", "Open a consultation", "", "NewConsultation", "Consultation", post_consultation, true},
    {"GET", "/consultations", kConsult, 200, "listConsultations", "会商", "Consultations", "limit cursor", "", "list Consultation", list_consultations},
    {"POST", "/consultations/{consultation}/conclusion", kConsult, 200, "concludeConsultation", "会商结论", "Dispatch the cases of a consultation; on wish the conclusion becomes a responsibility", "", "NewConclusion", "Consultation", post_conclusion, true},

    {"GET", "/statistics/funnel", kAnyone, 200, "getFunnel", "一日漏斗", "A day from report to close", "area day", "", "Funnel", get_funnel},
    {"GET", "/statistics/scores", kStatistics, 200, "getScores", "评分", "Scores of areas, departments, sources or posts", "subject post level from:day to:day formula", "", "Scores", get_scores},
    {"GET", "/statistics/series", kAnyone, 200, "getSeries", "逐日数量", "A measure day by day", "measure area days day", "", "Series", get_series},
    {"GET", "/events", kAnyone, 200, "followEvents", "实时变化", "Committed changes as they happen (Server-Sent Events, event `entry`, data LiveEntry)", "after last area department case", "", "text/event-stream", follow_events},
    {"GET", "/tiles/{z}/{x}/{y}.mvt", kAnyone, 200, "getTile", "矢量瓦片", "A map tile with the layers areas and cases", "r", "", "application/vnd.mapbox-vector-tile", get_tile},

    {"POST", "/webhooks", kWebhooks, 201, "addWebhook", "新增推送", "Send events to an address (CloudEvents 1.0)", "", "NewWebhook", "Webhook", post_webhook},
    {"GET", "/webhooks", kWebhooks, 200, "listWebhooks", "推送", "Webhooks", "limit cursor", "", "list Webhook", list_webhooks},
    {"DELETE", "/webhooks/{webhook}", kWebhooks, 204, "deleteWebhook", "删除推送", "Remove a webhook", "", "", "", delete_webhook},
    {"GET", "/webhooks/{webhook}/dead-letters", kWebhooks, 200, "listDeadLetters", "未送达", "Events that were given up", "limit cursor", "", "list DeadLetter", list_dead_letters},
    {"POST", "/webhooks/{webhook}/dead-letters/{number}/replay", kWebhooks, 204, "replayDeadLetter", "重新推送", "Send an event that was given up once more", "", "", "", replay_dead_letter},

    {"POST", "/accounts", kAccounts, 201, "putAccount", "新增或修改账号", "Create or change an account", "", "NewAccount", "Account", post_account},
    {"GET", "/accounts", kAccounts, 200, "listAccounts", "账号", "Accounts", "limit cursor", "", "list Account", list_accounts},
    {"DELETE", "/accounts/{login}", kAccounts, 204, "deleteAccount", "删除账号", "Remove an account", "", "", "", delete_account},
    {"POST", "/accounts/{login}/password", kSignedIn, 204, "setPassword", "设置密码", "Set a password: one's own, or as administrator anybody's", "", "NewPassword", "", post_password},
    {"POST", "/accounts/{login}/tokens", kAccounts, 201, "addToken", "新增令牌", "Make a token", "", "NewToken", "Token", post_token},
    {"GET", "/accounts/{login}/tokens", kAccounts, 200, "listTokens", "令牌", "Tokens of an account", "limit cursor", "", "list Token", list_tokens},
    {"DELETE", "/accounts/{login}/tokens/{token}", kAccounts, 204, "deleteToken", "作废令牌", "Withdraw a token", "", "", "", delete_token},

    {"GET", "/audit", kAudit, 200, "listAudit", "审计记录", "Journal entries for the auditor, oldest first", "after type actor case limit", "", "list AuditEntry", list_audit},
    {"GET", "/openapi.json", kAnyone, 200, "getOpenapi", "接口文档", "This document", "", "", "application/json", get_openapi},
    {"GET", "/errors", kAnyone, 200, "listErrors", "错误代码", "Every error that may be answered", "", "", "list ErrorMeaning", list_errors},
};

}  // namespace

std::span<const Route> routes() {
    return kRoutes;
}

}  // namespace chengshu::api
