#include "adapters/http_server/static_files.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace chengshu::http {
namespace {

namespace fs = std::filesystem;

class StaticFilesTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "chengshu-web-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = fs::path{pattern} / "web";
        write("index.html", "<html>top</html>");
        write("docs/index.html", "docs");
        write("assets/app-BxK3f9_q.js", std::string(5000, 'j'));
        write("assets/plain.js", "p");
        write("data-20261120.json", "{}");
        write(".secret", "s");
        write("../outside.txt", "o");
        fs::create_symlink(folder_.parent_path() / "outside.txt", folder_ / "link.txt");
    }

    void TearDown() override { fs::remove_all(folder_.parent_path()); }

    void write(const std::string& path, const std::string& content) const {
        const fs::path file = folder_ / path;
        fs::create_directories(folder_);
        fs::create_directories(file.parent_path());
        std::ofstream{file, std::ios::binary} << content;
    }

    [[nodiscard]] Response
    get(const std::string& target, const std::string& name = {}, const std::string& value = {}
    ) const {
        auto files = StaticFiles::load(folder_);
        EXPECT_TRUE(files);
        Request request;
        request.method = "GET";
        request.target = target;
        if (!name.empty()) {
            request.headers.add(name, value);
        }
        return files.value().get(request);
    }

    fs::path folder_;
};

TEST_F(StaticFilesTest, ServesFilesWithTheirTypes) {
    const Response top = get("/");
    EXPECT_EQ(top.body, "<html>top</html>");
    EXPECT_EQ(top.headers.get("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(top.headers.get("Cache-Control"), "no-cache");
    EXPECT_EQ(get("/docs/").body, "docs");
    EXPECT_EQ(
        get("/assets/plain.js?v=1").headers.get("Content-Type"), "text/javascript; charset=utf-8"
    );
}

TEST_F(StaticFilesTest, OnlyHashedNamesAreImmutable) {
    EXPECT_NE(
        get("/assets/app-BxK3f9_q.js").headers.get("Cache-Control").find("immutable"),
        std::string::npos
    );
    EXPECT_EQ(get("/assets/plain.js").headers.get("Cache-Control"), "no-cache");
    EXPECT_EQ(get("/data-20261120.json").headers.get("Cache-Control"), "no-cache");
}

TEST_F(StaticFilesTest, AnswersNotModifiedForAKnownTag) {
    const std::string etag{get("/").headers.get("ETag")};
    ASSERT_FALSE(etag.empty());
    EXPECT_EQ(get("/", "If-None-Match", etag).status, 304);
    EXPECT_EQ(get("/", "If-None-Match", "\"other\"").status, 200);
}

TEST_F(StaticFilesTest, CompressedFormHasItsOwnTag) {
    const Response plain = get("/assets/app-BxK3f9_q.js");
    const Response packed = get("/assets/app-BxK3f9_q.js", "Accept-Encoding", "gzip");
    EXPECT_EQ(plain.body.size(), 5000U);
    EXPECT_LT(packed.body.size(), 200U);
    EXPECT_EQ(packed.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(packed.headers.get("Vary"), "Accept-Encoding");
    EXPECT_NE(plain.headers.get("ETag"), packed.headers.get("ETag"));
}

TEST_F(StaticFilesTest, AddressesOfTheApplicationGetItsPage) {
    EXPECT_EQ(get("/cases/123").body, "<html>top</html>");
    EXPECT_EQ(get("/missing.js").status, 404);
}

TEST_F(StaticFilesTest, NothingOutsideTheFolderCanBeNamed) {
    for (const std::string target :
         {"/../outside.txt",
          "/%2e%2e/outside.txt",
          "/assets/..%2f..%2foutside.txt",
          "/link.txt",
          "//outside.txt"}) {
        const Response response = get(target);
        EXPECT_NE(response.body, "o") << target;
        EXPECT_EQ(response.status, 404) << target;
    }
    EXPECT_EQ(get("/.secret").status, 404);
    EXPECT_EQ(get("/%00").status, 400);
}

TEST_F(StaticFilesTest, RefusesOtherMethodsAndMissingOrHugeFolders) {
    auto files = StaticFiles::load(folder_);
    ASSERT_TRUE(files);
    EXPECT_EQ(files.value().size(), 5U);
    Request request;
    request.method = "POST";
    request.target = "/";
    EXPECT_EQ(files.value().get(request).status, 405);
    EXPECT_EQ(StaticFiles::load(folder_ / "none").error().code, ErrorCode::NotFound);
    EXPECT_EQ(StaticFiles::load(folder_, {.max_files = 2}).error().code, ErrorCode::TooLarge);
    EXPECT_EQ(
        StaticFiles::load(folder_, {.max_total_bytes = 10}).error().code, ErrorCode::TooLarge
    );
}

}  // namespace
}  // namespace chengshu::http
