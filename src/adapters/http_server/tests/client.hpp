#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <cstdlib>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace chengshu::http::testing {

/// A response as a test looks at it. `status` is 0 when the connection ended before a whole head.
struct Answer {
    int status = 0;
    std::string head;
    std::string body;

    /// The value of a header, or "".
    [[nodiscard]] std::string header(const std::string& name) const {
        const auto at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos) {
            return {};
        }
        const auto from = at + name.size() + 4;
        return head.substr(from, head.find("\r\n", from) - from);
    }
};

/// A blocking client on a raw socket, so that tests can send anything. Waits of more than ten
/// seconds fail.
class Client {
public:
    explicit Client(std::uint16_t port, int receive_buffer = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval limit{10, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (receive_buffer > 0) {
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        connected_ =
            ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }

    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    ~Client() { ::close(fd_); }

    [[nodiscard]] bool connected() const { return connected_; }

    [[nodiscard]] int fd() const { return fd_; }

    /// False when the peer has closed.
    bool send(std::string_view text) {
        while (!text.empty()) {
            const ssize_t count = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
            if (count <= 0) {
                return false;
            }
            text.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    /// Reads until `mark` is there; false at the end of the connection or after the wait.
    bool read_until(std::string_view mark) {
        while (pending_.find(mark) == std::string::npos) {
            if (!read_some()) {
                return false;
            }
        }
        return true;
    }

    /// Takes the bytes up to and including `mark`.
    std::string take(std::string_view mark) {
        if (!read_until(mark)) {
            return {};
        }
        const auto end = pending_.find(mark) + mark.size();
        std::string taken = pending_.substr(0, end);
        pending_.erase(0, end);
        return taken;
    }

    /// The next response; `head_only` for the answer to HEAD.
    Answer receive(bool head_only = false) {
        Answer answer;
        answer.head = take("\r\n\r\n");
        if (answer.head.size() < 12) {
            return answer;
        }
        answer.status = std::atoi(answer.head.c_str() + 9);
        if (head_only || answer.status < 200 || answer.status == 204 || answer.status == 304) {
            return answer;
        }
        if (answer.header("Transfer-Encoding") == "chunked") {
            for (;;) {
                const std::string chunk = chunk_or_empty();
                if (chunk.empty()) {
                    return answer;
                }
                answer.body += chunk;
            }
        }
        const auto length =
            static_cast<std::size_t>(std::atoll(answer.header("Content-Length").c_str()));
        while (pending_.size() < length && read_some()) {
        }
        answer.body = pending_.substr(0, length);
        pending_.erase(0, length);
        return answer;
    }

    /// The next chunk's content; "" for the last one or a broken connection.
    std::string chunk_or_empty() {
        const auto size = std::strtoull(take("\r\n").c_str(), nullptr, 16);
        while (pending_.size() < size + 2 && read_some()) {
        }
        if (pending_.size() < size + 2) {
            return {};
        }
        std::string content = pending_.substr(0, size);
        pending_.erase(0, size + 2);
        return content;
    }

    Answer ask(std::string_view request) {
        send(request);
        return receive();
    }

    /// Waits until the peer closes; false when it sends more or does not close in time.
    bool is_closed() {
        if (!pending_.empty()) {
            return false;
        }
        char byte = 0;
        const ssize_t count = ::recv(fd_, &byte, 1, 0);
        return count == 0 || (count < 0 && errno == ECONNRESET);
    }

    void finish_sending() { ::shutdown(fd_, SHUT_WR); }

private:
    bool read_some() {
        char buffer[16 * 1024];
        const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
        if (count <= 0) {
            return false;
        }
        pending_.append(buffer, static_cast<std::size_t>(count));
        return true;
    }

    int fd_;
    bool connected_ = false;
    std::string pending_;
};

}  // namespace chengshu::http::testing
