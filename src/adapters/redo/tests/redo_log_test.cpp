#include "adapters/redo/redo_log.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace chengshu::redo {
namespace {

class RedoLogTest : public testing::Test {
protected:
    [[nodiscard]] std::string path() const { return folder_.file("store.db").string(); }

    [[nodiscard]] RedoLog open(std::int64_t part) const {
        return RedoLog::open(path(), part, ::fdatasync).value();
    }

    [[nodiscard]] std::string numbers() const {
        const auto content = read_log(path());
        EXPECT_TRUE(content);
        std::string out;
        for (const auto& entry : content->entries) {
            out += std::to_string(entry.number) + entry.bytes + " ";
        }
        return out;
    }

    void cut(int which, std::uintmax_t less) const {
        const auto name = path() + "-redo" + std::to_string(which);
        std::filesystem::resize_file(name, std::filesystem::file_size(name) - less);
    }

    support::TempFolder folder_;
};

TEST_F(RedoLogTest, NothingIsThereAtFirst) {
    const auto content = read_log(path());
    ASSERT_TRUE(content);
    EXPECT_TRUE(content->entries.empty());
    EXPECT_EQ(content->last_part, 0);
}

TEST_F(RedoLogTest, EntriesOfBothPartsComeInOrder) {
    {
        auto log = open(3);
        ASSERT_TRUE(log.append(1, "a"));
        ASSERT_TRUE(log.append(2, ""));
        log.begin_part();
        ASSERT_TRUE(log.append(3, "c"));
        ASSERT_TRUE(log.sync(3));
        ASSERT_TRUE(log.sync(4));
    }
    EXPECT_EQ(numbers(), "1a 2 3c ");
    EXPECT_EQ(read_log(path()).value().last_part, 4);
}

TEST_F(RedoLogTest, AnEntryThatIsCutOffDoesNotCount) {
    {
        auto log = open(1);
        ASSERT_TRUE(log.append(1, "first"));
        ASSERT_TRUE(log.append(2, "second"));
    }
    cut(1, 1);
    EXPECT_EQ(numbers(), "1first ");
}

TEST_F(RedoLogTest, ADamagedEntryEndsWhatIsRead) {
    {
        auto log = open(1);
        ASSERT_TRUE(log.append(1, "first"));
        ASSERT_TRUE(log.append(2, "second"));
        ASSERT_TRUE(log.append(3, "third"));
    }
    const auto name = path() + "-redo1";
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(name));
    std::fstream file{name, std::ios::in | std::ios::out | std::ios::binary};
    for (std::streamoff at = 0; at < size; ++at) {
        file.seekg(at);
        const auto byte = static_cast<char>(file.get());
        file.seekp(at);
        file.put(static_cast<char>(byte ^ 1));
        file.flush();
        const auto read = numbers();
        EXPECT_TRUE(read.empty() || read == "1first " || read == "1first 2second ") << at << read;
        file.seekp(at);
        file.put(byte);
    }
    file.flush();
    EXPECT_EQ(numbers(), "1first 2second 3third ");
}

TEST_F(RedoLogTest, WhatAnEarlierPartLeftInTheFileDoesNotCount) {
    {
        auto log = open(1);
        ASSERT_TRUE(log.append(1, "x"));
        ASSERT_TRUE(log.append(2, "x"));
        ASSERT_TRUE(log.append(3, "x"));
        log.begin_part();
        ASSERT_TRUE(log.append(4, "y"));
        log.begin_part();
        // Of the same length, so that the old second entry follows the new first one.
        ASSERT_TRUE(log.append(5, "z"));
    }
    EXPECT_EQ(numbers(), "4y 5z ");
}

TEST_F(RedoLogTest, SaysThatItCannotWrite) {
    const auto nowhere =
        RedoLog::open((folder_.path() / "no" / "store.db").string(), 1, ::fdatasync);
    ASSERT_FALSE(nowhere);
    EXPECT_NE(nowhere.error().context.find("-redo0"), std::string::npos);
}

}  // namespace
}  // namespace chengshu::redo
