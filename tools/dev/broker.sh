# shellcheck shell=bash
# The private MQTT broker of ./dev up: mosquitto on the loopback address, with its files in the city's data folder.
# It ends with the server. Sourced.

broker_settings=() # for `chengshu serve`; empty when there is no broker

# start_broker CITY: never fails; says why when there is no broker.
start_broker() {
    local city="$1" data="data/$1" program login port
    if ! chengshu config show --data "$data" | grep -q "^mqtt\.url .*default"; then
        note "MQTT: the broker that the settings name"
        return
    fi
    (need broker) || note "MQTT: mosquitto could not be installed"
    program=$(command -v mosquitto || ls /usr/sbin/mosquitto 2>/dev/null || true)
    if [ -z "$program" ]; then
        note "MQTT: there is no mosquitto here, the server runs without a broker"
        return
    fi
    login=$(broker_account "$city")
    if [ -z "$login" ]; then
        note "MQTT: no account of this city may send readings for all of it, the server runs without a broker"
        return
    fi
    port=$(free_port 1883)
    write_broker_config "$data/mosquitto" "$port"
    # setsid: Ctrl+C is for the server, which has things to tell the broker. The broker is told to end when this
    # process ends, which becomes the server.
    setpriv --pdeathsig TERM setsid "$program" -c "$data/mosquitto/mosquitto.conf" &
    if ! broker_answers "$port" $!; then
        note "MQTT: mosquitto does not start (see $data/mosquitto/mosquitto.log), the server runs without a broker"
        return
    fi
    if [ ! -s "$data/mqtt.token" ]; then
        (umask 077 && chengshu account token "$login" --label "./dev up" --scope observe --scope read_things \
            --data "$data" >"$data/mqtt.token")
    fi
    broker_settings=(--set "mqtt.url=mqtt://127.0.0.1:$port" --set "mqtt.token_file=$data/mqtt.token")
    note "MQTT on 127.0.0.1:$port, for this machine alone: who may log in here sends as $login"
    note "  listen: mosquitto_sub -V 5 -p $port -v -t 'v1.1/Observations'"
    note "  send:   mosquitto_pub -V 5 -p $port -q 1 -t 'v1.1/Datastreams(1)/Observations' -m '{\"result\": 38}'"
}

# The shift leader of the whole city: may see every terminal and send for it.
broker_account() { awk -F, '$1 ~ /shift.leader$/ { print $1; exit }' "cities/$1/accounts.csv" 2>/dev/null || true; }

# free_port FIRST: the first one from there on that nobody listens on.
free_port() {
    local port="$1"
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}

# broker_answers PORT PROCESS
broker_answers() {
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        kill -0 "$2" 2>/dev/null || return 1
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
            return 0
        fi
        sleep 0.05
    done
    return 1
}

# write_broker_config FOLDER PORT
write_broker_config() {
    mkdir -p "$1"
    cat >"$1/mosquitto.conf" <<CONF
# Written anew by each ./dev up.
listener $2 127.0.0.1
allow_anonymous true
# Messages wait for the server however many they are; they and its session survive a restart.
max_queued_messages 0
persistence true
persistence_location $PWD/$1/
# The server reads from the topics of the log who subscribes to what.
log_dest topic
log_dest file $PWD/$1/mosquitto.log
log_type error
log_type warning
log_type subscribe
# As root it would want to become another user, who may not write here.
user $(id -un)
CONF
}
