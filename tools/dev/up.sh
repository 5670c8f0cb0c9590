# shellcheck shell=bash
# ./dev up [city]: from a bare machine to a served city.

# shellcheck source=tools/dev/broker.sh
. tools/dev/broker.sh

dev_up() {
    local city="${1:-newyork}" port="${CS_PORT:-8080}"
    [ -d "cities/$city" ] || die "there is no cities/$city; there are: $(ls cities 2>/dev/null | tr '\n' ' ')"
    need build web
    CS_TESTS=OFF build_preset release chengshu
    build_web
    load_city "$city"
    serve_city "$city" "$port"
}

chengshu() { build/release/apps/chengshu/chengshu "$@"; }

# Each city has its own store below data/. One that was loaded completely is served as it is; delete the folder to
# begin again.
load_city() {
    local city="$1" data="data/$1"
    if [ -e "$data/.complete" ]; then
        say "Serving the city in $data as it was left (delete the folder to begin again)"
        return
    fi
    rm -rf "$data"
    mkdir -p "$data"
    say "Loading $city"
    chengshu init --data "$data"
    chengshu city load "cities/$city" --data "$data"
    say "Replaying its data"
    chengshu replay "cities/$city" --data "$data"
    touch "$data/.complete"
}

serve_city() {
    local city="$1" port="$2" pages=()
    [ ! -d web/dist ] || pages=(--set "web.folder=web/dist")
    say "Serving $city on http://127.0.0.1:$port/ (stop with Ctrl+C)"
    start_broker "$city"
    exec build/release/apps/chengshu/chengshu serve --data "data/$city" --set "http.port=$port" \
        --set "monitor.port=$((port + 1))" "${pages[@]}" "${broker_settings[@]}"
}
