#include "control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace chengshu::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "control";
constexpr std::string_view kCopyReadings = "copy-readings ";
constexpr std::string_view kLoadCity = "load-city ";
constexpr std::string_view kChangeAccount = "change-account ";
constexpr std::string_view kError = "error ";
constexpr std::size_t kLineMax = 8192;
constexpr int kPatienceMs = 5000;
constexpr std::chrono::milliseconds kSayEvery{200};

class File {
public:
    explicit File(int number = -1) : number_(number) {}

    File(File&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

    File(const File&) = delete;
    File& operator=(const File&) = delete;

    File& operator=(File&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    ~File() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }

    [[nodiscard]] int get() const { return number_; }

    [[nodiscard]] bool open() const { return number_ >= 0; }

private:
    int number_;
};

Failure no_socket(const fs::path& data, const char* doing) {
    return fail(
        ErrorCode::StorageUnavailable,
        fmt::format(
            "{}: {}: {}", (data / kName).string(), doing, std::generic_category().message(errno)
        )
    );
}

/// A socket's address holds about a hundred bytes; a path through the open folder always fits.
sockaddr_un address_in(const File& folder) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = fmt::format("/proc/self/fd/{}/{}", folder.get(), kName);
    std::memcpy(static_cast<char*>(address.sun_path), path.c_str(), path.size() + 1);
    return address;
}

const sockaddr* generic(const sockaddr_un& address) {
    return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

/// Lines over a connected socket.
class Line {
public:
    explicit Line(int socket) : socket_(socket) {}

    bool write(std::string line) const {
        line += '\n';
        std::string_view rest = line;
        while (!rest.empty()) {
            const auto sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) {
                continue;
            }
            if (sent <= 0) {
                return false;
            }
            rest.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// None at the end of the stream, after silence where that is limited, and for a line that is
    /// too long.
    std::optional<std::string> read() {
        for (;;) {
            if (const auto end = bytes_.find('\n'); end != std::string::npos) {
                auto line = bytes_.substr(0, end);
                bytes_.erase(0, end + 1);
                return line;
            }
            std::array<char, 1024> piece{};
            const auto got = ::recv(socket_, piece.data(), piece.size(), 0);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0 || bytes_.size() > kLineMax) {
                return {};
            }
            bytes_.append(piece.data(), static_cast<std::size_t>(got));
        }
    }

private:
    int socket_;
    std::string bytes_;
};

/// "error <code> <context>", on one line.
std::string error_line(const Error& error) {
    auto out = fmt::format("{}{} {}", kError, error_info(error.code).name, error.context);
    std::replace(out.begin(), out.end(), '\n', ' ');
    return out;
}

/// What error_line() has said, of the server.
Failure failure_of(std::string_view said) {
    const auto name = said.substr(0, said.find(' '));
    said.remove_prefix(std::min(name.size() + 1, said.size()));
    auto code = ErrorCode::StorageUnavailable;
    for (const auto& info : all_errors()) {
        code = info.name == name ? info.code : code;
    }
    return fail(code, fmt::format("the server: {}", said));
}

/// The number before the first space, which is taken away with it.
std::int64_t take_number(std::string_view& text) {
    const auto end = std::min(text.find(' '), text.size());
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + end, value);
    text.remove_prefix(std::min(end + 1, text.size()));
    return value;
}

}  // namespace

struct Control::Impl {
    fs::path data;
    Works works;
    File folder;
    File socket;
    File wake;
    std::atomic<bool> stopping = false;
    std::thread thread;

    void run() {
        for (;;) {
            std::array<pollfd, 2> wait{{{socket.get(), POLLIN, 0}, {wake.get(), POLLIN, 0}}};
            if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) {
                return;
            }
            if (stopping) {
                return;
            }
            const File peer{::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)};
            if (peer.open()) {
                answer(peer);
            }
        }
    }

    void answer(const File& peer) {
        const timeval patience{kPatienceMs / 1000, 0};
        for (const int which : {SO_RCVTIMEO, SO_SNDTIMEO}) {
            ::setsockopt(peer.get(), SOL_SOCKET, which, &patience, sizeof(patience));
        }
        Line line(peer.get());
        const auto asked = line.read();
        if (!asked) {
            line.write(error_line(
                {ErrorCode::TooLarge,
                 fmt::format("a request is one line of at most {} bytes", kLineMax),
                 {}}
            ));
        } else if (asked->starts_with(kLoadCity)) {
            load_city(line, asked->substr(kLoadCity.size()));
        } else if (asked->starts_with(kChangeAccount)) {
            change_account(line, asked->substr(kChangeAccount.size()));
        } else if (asked->starts_with(kCopyReadings)) {
            copy_readings(line, asked->substr(kCopyReadings.size()));
        } else {
            line.write(error_line(
                {ErrorCode::InvalidInput, "this server does not know what is asked of it", {}}
            ));
        }
    }

    /// "<hash> <folder>"
    void load_city(Line& line, const std::string& request) const {
        const auto space = std::min(request.find(' '), request.size());
        const auto path = request.substr(std::min(space + 1, request.size()));
        const auto done = works.load_city(path, request.substr(0, space));
        line.write(
            done ? fmt::format(
                       "ok {} {} {} {} {}",
                       done->changed ? 1 : 0,
                       done->counts_otherwise ? 1 : 0,
                       done->accounts,
                       done->not_in_ledger,
                       done->revision
                   )
                 : error_line(done.error())
        );
    }

    void change_account(Line& line, const std::string& request) const {
        const auto change = AccountChange::from_json(request);
        const auto done = change ? works.change_account(*change) : Status(Failure{change.error()});
        line.write(done ? "ok" : error_line(done.error()));
    }

    void copy_readings(Line& line, const std::string& to) {
        auto said = std::chrono::steady_clock::time_point{};
        const auto done = works.copy_readings(to, [&](std::int64_t so_far, std::int64_t total) {
            const auto now = std::chrono::steady_clock::now();
            if (stopping || now - said < kSayEvery) {
                return !stopping;
            }
            said = now;
            return line.write(fmt::format("progress {} {}", so_far, total));
        });
        line.write(done ? "ok" : error_line(done.error()));
    }
};

Control::Control(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Control>> Control::listen(const fs::path& data, Works works) {
    auto impl = std::make_unique<Impl>();
    impl->data = data;
    impl->works = std::move(works);
    impl->folder = File{::open(data.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    impl->socket = File{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    impl->wake = File{::eventfd(0, EFD_CLOEXEC)};
    if (!impl->folder.open() || !impl->socket.open() || !impl->wake.open()) {
        return no_socket(data, "cannot be made");
    }
    // Whoever holds the store's lock is the only server here: what lies there was left behind.
    ::unlinkat(impl->folder.get(), kName, 0);
    // Before bind(), so that it is never open to others.
    ::fchmod(impl->socket.get(), S_IRUSR | S_IWUSR);
    const auto address = address_in(impl->folder);
    if (::bind(impl->socket.get(), generic(address), sizeof(address)) != 0 ||
        ::listen(impl->socket.get(), 4) != 0) {
        return no_socket(data, "cannot be listened to");
    }
    impl->thread = std::thread([self = impl.get()] { self->run(); });
    return std::unique_ptr<Control>(new Control(std::move(impl)));
}

Control::~Control() {
    impl_->stopping = true;
    const std::uint64_t one = 1;
    const auto written = ::write(impl_->wake.get(), &one, sizeof(one));
    static_cast<void>(written);  // It fails only when the counter is not zero, which wakes as well.
    impl_->thread.join();
    ::unlinkat(impl_->folder.get(), kName, 0);
}

namespace {

/// What the server says behind "ok"; none when there is no server. Its failure is as it says.
Result<std::optional<std::string>> ask(
    const fs::path& data,
    const std::string& request,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    const File folder{::open(data.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const File socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!folder.open() || !socket.open()) {
        return no_socket(data, "cannot be reached");
    }
    const auto address = address_in(folder);
    if (::connect(socket.get(), generic(address), sizeof(address)) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED) {
            return std::optional<std::string>();
        }
        return no_socket(data, "the server cannot be asked");
    }
    Line line(socket.get());
    line.write(request);
    for (auto said = line.read(); said; said = line.read()) {
        std::string_view text = *said;
        if (text.starts_with("ok")) {
            text.remove_prefix(std::min<std::size_t>(3, text.size()));
            return std::optional(std::string(text));
        }
        if (text.starts_with(kError)) {
            return failure_of(text.substr(kError.size()));
        }
        text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
        const auto done = take_number(text);
        progress(done, take_number(text));
    }
    return fail(ErrorCode::StorageUnavailable, "the server stopped before it had answered");
}

}  // namespace

Result<bool> ask_for_readings(
    const fs::path& data,
    const fs::path& to,
    const std::function<void(std::int64_t, std::int64_t)>& progress
) {
    CS_TRY(answer, ask(data, std::string(kCopyReadings) + to.string(), progress));
    return answer.has_value();
}

Result<std::optional<CityTaken>>
ask_to_load(const fs::path& data, const fs::path& folder, const std::string& hash) {
    CS_TRY(
        answer,
        ask(data,
            fmt::format("{}{} {}", kLoadCity, hash, folder.string()),
            [](std::int64_t, std::int64_t) {})
    );
    if (!answer) {
        return std::optional<CityTaken>();
    }
    std::string_view text = *answer;
    CityTaken out;
    out.changed = take_number(text) == 1;
    out.counts_otherwise = take_number(text) == 1;
    out.accounts = take_number(text);
    out.not_in_ledger = take_number(text);
    out.revision = text;
    return std::optional(std::move(out));
}

Result<bool> ask_to_change_account(const fs::path& data, const AccountChange& change) {
    CS_TRY(
        answer,
        ask(data, std::string(kChangeAccount) + change.to_json(), [](std::int64_t, std::int64_t) {})
    );
    return answer.has_value();
}

}  // namespace chengshu::app
