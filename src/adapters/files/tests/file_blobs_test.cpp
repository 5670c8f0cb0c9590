#include "adapters/files/file_blobs.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>
#include <vector>

namespace chengshu::files {
namespace {

constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(FileBlobs, KeepsBytesUnderTheirHash) {
    const support::TempFolder folder;
    const auto blobs = FileBlobs::open(folder.file("a/b/blobs")).value();
    EXPECT_EQ(blobs->put("abc").value(), kAbc);
    EXPECT_EQ(blobs->put("abc").value(), kAbc) << "again is a success";
    EXPECT_TRUE(std::filesystem::exists(folder.file("a/b/blobs/ba/78") / kAbc));
    EXPECT_TRUE(blobs->has(kAbc).value());
    EXPECT_EQ(blobs->get(kAbc).value(), "abc");
    const std::string binary("\0\xff\n\0", 4);
    EXPECT_EQ(blobs->get(blobs->put(binary).value()).value(), binary);
    EXPECT_EQ(blobs->get(blobs->put("").value()).value(), "");

    const auto again = FileBlobs::open(folder.file("a/b/blobs")).value();
    EXPECT_EQ(again->get(kAbc).value(), "abc");
}

TEST(FileBlobs, NothingButAHashIsAName) {
    const support::TempFolder folder;
    const auto blobs = FileBlobs::open(folder.path()).value();
    std::ofstream{folder.file("secret")} << "x";
    for (const std::string name :
         {"",
          "x",
          "../secret",
          "..",
          "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a/",
          "0000000000000000000000000000000000000000000000000000000000000000"}) {
        EXPECT_FALSE(blobs->has(name).value()) << name;
        EXPECT_FALSE(blobs->get(name).value().has_value()) << name;
    }
}

TEST(FileBlobs, TellsWhenAFileIsDamaged) {
    const support::TempFolder folder;
    const auto blobs = FileBlobs::open(folder.path()).value();
    ASSERT_TRUE(blobs->put("abc"));
    std::ofstream{folder.file("ba/78") / kAbc} << "abd";
    const auto bytes = blobs->get(kAbc);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, ErrorCode::StorageUnavailable);
}

TEST(FileBlobs, ManyMayPutTheSame) {
    const support::TempFolder folder;
    const auto blobs = FileBlobs::open(folder.path()).value();
    std::vector<std::thread> threads;
    std::atomic<int> stored = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 10; ++n) {
                const auto bytes = "photo " + std::to_string(n);
                const auto name = blobs->put(bytes);
                stored += name && blobs->get(*name).value() == bytes ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(stored, 40);
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()}) {
        files += entry.is_regular_file() ? 1 : 0;
    }
    EXPECT_EQ(files, 10) << "no temporary file is left";
}

TEST(FileBlobs, RefusesAPlaceThatIsNoFolder) {
    const support::TempFolder folder;
    std::ofstream{folder.file("file")} << "x";
    const auto blobs = FileBlobs::open(folder.file("file") / "blobs");
    ASSERT_FALSE(blobs);
    EXPECT_EQ(blobs.error().code, ErrorCode::StorageUnavailable);
}

}  // namespace
}  // namespace chengshu::files
