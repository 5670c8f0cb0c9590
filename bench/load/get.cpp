#include "load/get.hpp"

namespace chengshu::load {

namespace {

class GetScript final : public Script {
public:
    GetScript(
        const std::vector<std::string>& targets,
        const std::string& headers,
        std::size_t first
    )
        : targets_(targets), headers_(headers), next_(first % targets.size()) {}

    std::size_t next(Call& call) override {
        const std::size_t step = next_;
        next_ = (next_ + 1) % targets_.size();
        call.method = "GET";
        call.target = targets_[step];
        call.headers = headers_;
        call.body.clear();
        return step;
    }

    Verdict on_response(int status, std::string_view) override {
        return {.good = status >= 200 && status < 300, .job_done = true};
    }

    void on_failure() override {}

private:
    const std::vector<std::string>& targets_;
    const std::string& headers_;
    std::size_t next_;
};

}  // namespace

std::unique_ptr<Script> GetScenario::script(std::size_t connection) {
    return std::make_unique<GetScript>(targets_, headers_, connection);
}

}  // namespace chengshu::load
