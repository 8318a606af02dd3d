#!/usr/bin/env bash
# The library on live telemetry: real auditd with the rules of core/examples/hunt/auditd.rules, its log followed by `hunt -`.
# Everyday work must stay silent; then the attacks of attacks.sh must each raise their behavior in time, once with
# plain names and once with random ones. Everything happens on loopback and in a folder of its own; rules, users and
# sockets are put back as they were. Where it cannot run it says `skipped: why` and succeeds.
#
#   tests/live/auditd.sh [--cycle] [HUNT]
#       --cycle   Pids come round between everyday work and attacks, and ten minutes pass: the attacks have pids of
#                 processes of before. Where `kernel.pid_max` is high and may be changed, it is lowered meanwhile.
#       HUNT      The program to test (default: built here).
#   PLUGIN=ffi/examples/auditd_plugin, compiled: the same with the plugin that auditd starts in place of `hunt -`; then a burst,
#   of which the plugin must get every record that the log has
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
tests_of=$here/attacks.sh work_of=$here/everyday.sh

skip() { echo "skipped: $*"; exit 0; }
[ "$(uname -s)" = Linux ] || skip "not Linux"
[ "$(id -u)" -eq 0 ] || skip "not root"
for tool in auditd auditctl setpriv useradd flock /usr/bin/python3 nc.openbsd socat gcc; do
    command -v "$tool" >/dev/null || skip "no $tool"
done
exec 9>/tmp/.ipcsentry-live.lock
flock -w 300 9 || skip "another run of this test does not end"
status() { auditctl -s | sed -n "s/^$1 //p"; }
was_enabled=$(status enabled)
[ -n "$was_enabled" ] || skip "the kernel has no audit, or not for this container"
[ "$was_enabled" != 2 ] || skip "the audit rules are locked until the next boot"
pid=$(status pid)
[ "${pid:-0}" -eq 0 ] || skip "auditd ($pid) is in use here"
[ "$(cat /proc/self/loginuid)" = 4294967295 ] || skip "this shell has a login already: sessions cannot be made"

cycle=
if [ "${1:-}" = --cycle ]; then cycle=yes; shift; fi
hunt=${1:-} plugin=${PLUGIN:-}
if [ -z "$hunt$plugin" ]; then
    cargo build --quiet --example hunt --manifest-path "$root/Cargo.toml" || exit 1
    hunt=${CARGO_TARGET_DIR:-$root/target}/debug/examples/hunt
fi

work=$(mktemp -d)
chmod 711 "$work"
mkdir -m 700 "$work/log" "$work/log/plugins.d"
was_backlog=$(status backlog_limit) was_wait=$(status backlog_wait_time) was_failure=$(status failure)
auditctl -l | grep -v '^No rules' >"$work/rules"
users=() daemons=() sockets=()

was_pid_max=$(cat /proc/sys/kernel/pid_max)
restore() {
    [ "$(cat /proc/sys/kernel/pid_max)" = "$was_pid_max" ] || echo "$was_pid_max" >/proc/sys/kernel/pid_max
    for user in "${users[@]}"; do
        pkill -KILL -u "$user"
        userdel -rf "$user" 2>/dev/null
    done
    auditctl -D >/dev/null
    auditctl -R "$work/rules" >/dev/null 2>&1
    auditctl -b "$was_backlog" -f "$was_failure" --backlog_wait_time "$was_wait" -e "$was_enabled" >/dev/null
    kill "${daemons[@]}" 2>/dev/null
    pkill -f -- "-F $work/" # who follows the log, and with it the hunt
    rm -rf "${sockets[@]}" "$work"
}
trap restore EXIT
trap 'exit 1' INT TERM

# --- Who lives here: two users, and daemons that were there before anybody listened.

for number in 1 2; do
    user=live$RANDOM$number
    useradd --create-home --shell /bin/bash "$user" || skip "cannot make users"
    users+=("$user")
done
alice=${users[0]} bob=${users[1]}

stub() { # SOCKET HTTP?
    [ ! -e "$1" ] || return 1
    mkdir -p "$(dirname "$1")"
    /usr/bin/python3 "$here/stub.py" "$1" "$2" 9>&- &
    daemons+=($!) sockets+=("$1")
}
docker=/run/docker.sock bus=/run/dbus/system_bus_socket php=/run/php/php$RANDOM-fpm.sock
stub "$docker" http || docker=
stub "$bus" silent || bus=
fpm=$(find /usr/sbin -name 'php-fpm[0-9]*' 2>/dev/null | head -1)
if [ -n "$fpm" ]; then
    mkdir -p /run/php
    echo '<?php echo 1;' >"$work/index.php"
    printf '%s\n' '[global]' "error_log=$work/log/fpm" 'daemonize=no' '[www]' 'user=www-data' 'group=www-data' \
        "listen=$php" 'listen.mode=0666' 'pm=static' 'pm.max_children=1' >"$work/fpm.conf"
    "$fpm" -y "$work/fpm.conf" 9>&- &
    daemons+=($!) sockets+=("$php")
fi

# --- auditd and who follows it.

log=$work/log/audit.log
cat >"$work/log/auditd.conf" <<END
local_events = yes
write_logs = yes
log_file = $log
log_group = root
log_format = ENRICHED
flush = INCREMENTAL_ASYNC
freq = 1
max_log_file = 512
max_log_file_action = IGNORE
space_left = 75
space_left_action = IGNORE
admin_space_left = 50
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
plugin_dir = $work/log/plugins.d
q_depth = 20000
END
if [ -n "$plugin" ]; then
    install -m 750 "$plugin" "$work/log/plugin" || exit 1
    printf '%s\n' 'active = yes' 'direction = out' "path = $work/log/plugin" 'type = always' 'format = string' \
        "args = $work/plugin.conf" >"$work/log/plugins.d/ipcsentry.conf"
    printf '%s\n' "alerts $work/plugin.alerts" "counters $work/plugin.stats" >"$work/plugin.conf"
    chmod 640 "$work/log/plugins.d/ipcsentry.conf"
    : >"$work/plugin.alerts"
fi
auditd -n -c "$work/log" >"$work/auditd.out" 2>&1 9>&- &
auditd=$!
daemons+=("$auditd")
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s "$log" ] && break; sleep 0.2; done
[ -s "$log" ] || skip "auditd does not start: $(tail -1 "$work/auditd.out")"
auditctl -D >/dev/null
auditctl -R "$root/core/examples/hunt/auditd.rules" >"$work/load" 2>&1 || { cat "$work/load"; echo 'FAILED: the rules do not load'; exit 1; }

alerts=$work/alerts
: >"$alerts"
raised() {
    if [ -n "$plugin" ]; then
        exec tail -n +1 -F "$work/plugin.alerts" 2>/dev/null
    else
        tail -n +1 -F "$log" 2>/dev/null | "$hunt" --lateness 0.2 --output ndjson - 2>"$work/hunt.err"
    fi
}
raised 9>&- |
    /usr/bin/python3 -u -c 'import sys, time
for line in sys.stdin:
    print("%.3f" % time.time(), line, end="", flush=True)' >>"$alerts" 9>&- &
daemons+=($!)

# --- Sessions.

FOLDER=/tmp
names() { # plain|random
    any() { tr -dc a-z </dev/urandom | head -c "$1"; }
    export DIR FIFO SOCK QUEUE TOOL PORT
    DIR=$(mktemp -d "$FOLDER/$(any 3)XXXX")
    chmod 777 "$DIR"
    PORT=$((20000 + RANDOM % 30000)) QUEUE=$(printf %x $((4096 + RANDOM)))
    FIFO=f SOCK=s.sock TOOL=tool
    if [ "$1" = random ]; then FIFO=$(any 6) SOCK=.$(any 7) TOOL=$(any 8); fi
    folders+=("$DIR")
}
given() { env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C DIR="$DIR" FIFO="$FIFO" \
    SOCK="$SOCK" QUEUE="$QUEUE" TOOL="$TOOL" PORT="$PORT" "$@"; }
session() { # LOGIN USER COMMAND...: as that user, logged in as LOGIN
    local login=$1 user=$2
    shift 2
    (
        echo "$(id -u "$login")" >/proc/self/loginuid # by the shell itself: a child would only name itself
        HOME_OF=$(getent passwd "$user" | cut -d: -f6)
        given timeout 12 setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups env HOME="$HOME_OF" "$@"
    ) </dev/null >>"$work/out" 2>&1 9>&-
}
as() { session "$1" "$@"; }
on_terminal() { # USER COMMAND...
    local user=$1
    shift
    as "$user" script -qec "$(printf '%q ' "$@")" /dev/null
}
service() { given timeout 12 setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}" </dev/null >>"$work/out" 2>&1 9>&-; }
together() { # COMMAND... -- COMMAND...
    local command=() pids=() word
    for word in "$@" --; do
        if [ "$word" = -- ]; then "${command[@]}" & pids+=($!); command=(); else command+=("$word"); fi
    done
    wait "${pids[@]}"
}

failures=0
fail() { echo "FAILED   $*"; failures=$((failures + 1)); }

# --- Everyday work: no alert.

first_pid=$(sh -c 'echo $$')
folders=() works=()
everyday() { # NAME TOOL COMMAND...: skipped without its tool
    command -v "$2" >/dev/null || { echo "skipped  $1: no $2"; return; }
    works+=("$1")
    names plain
    "${@:3}"
}
for one in "$alice make_parallel make" "$bob git_hooks git" "$alice pipelines sort" "$bob backup_fifo mkfifo" \
    "$alice upload_fifo nc.openbsd" "$bob tokens_fifo curl" "$alice job_shell bash" "$bob recorded_terminal expect" \
    "$bob web_server curl" "$alice installer curl" "$bob ssh_agent ssh-agent" "$alice gpg gpg" "$bob debugger gdb" \
    "$alice node_server node" "$bob python_daemon python3" "$alice relay socat" "$bob build_agent bash" \
    "$alice postgres initdb" \
    "$alice status_daemon python3" "$bob plugin_scripts who" "$alice datagram_metrics socat" \
    "$bob logger_fifo mkfifo" "$alice agent_streams python3" "$bob agent_socket python3" \
    "$alice agent_node node" "$bob notebook_kernel python3" "$alice language_server mkfifo" \
    "$bob rsync_copy rsync" "$alice busybox_tools busybox" "$bob lua_script lua5.4" "$alice perl_filter perl" \
    "$bob awk_report awk" "$alice tcl_script tclsh" "$bob xargs_shells xargs" "$alice here_documents bash" \
    "$bob coprocess bash" "$alice process_substitution bash" "$bob scheduler_like nohup" \
    "$alice archive_stream tar" "$bob keys_and_hashes openssl" "$alice tls_probe openssl" \
    "$bob sqlite_work python3" "$alice workers python3" "$bob queue_work python3" "$alice traced strace" \
    "$bob cores gdb" "$alice web_socket curl" "$bob expect_session expect" "$alice git_over_pipes git" \
    "$bob screen_log tmux" "$alice user_service setsid"; do
    read -r user name tool <<<"$one"
    everyday "$name" "$tool" as "$user" "$work_of" "$name"
done
everyday 'tmux on a terminal' tmux on_terminal "$alice" "$work_of" multiplexer
everyday 'installer on a terminal' curl on_terminal "$bob" "$work_of" installer
everyday 'apt-get' dpkg-deb session "$alice" root "$work_of" packages
[ -z "$docker" ] || everyday 'docker CLI' docker as "$bob" "$work_of" docker_cli
sleep 3
loud() { grep -cE '"severity":"(medium|high|critical)"' "$alerts"; }
[ ${#works[@]} -ge 40 ] || fail "only ${#works[@]} kinds of everyday work could be done"
if [ "$(loud)" -ne 0 ]; then
    fail "everyday work raised alerts:"
    cut -c1-1200 "$alerts"
fi
echo "silent on ${#works[@]} kinds of everyday work, $(grep -c '^type=SYSCALL' "$log") system calls"

# --- Attacks.

expected=$work/expected # CODE TOKENS, one attack a line
: >"$expected"
attack() { # CODES TOOL COMMAND...
    command -v "$2" >/dev/null || { echo "skipped  ${*:3}: no $2"; return; }
    names "$style"
    local shape="${*: -2:1}+${*: -1}"
    echo "$1 ${DIR##*/} $QUEUE $SOCK $TOOL $PORT ${shape// /_}" >>"$expected"
    "${@:3}" &
    running+=($!)
}
agent() {
    as "$alice" bash -c 'eval $(ssh-agent -a $DIR/agent.$$) >/dev/null; sleep 4; kill $SSH_AGENT_PID' &
    sleep 1
    session "$bob" root "$tests_of" agent_ssh "$(echo "$DIR"/agent.*)"
}
terminal() {
    as "$alice" bash -c 'tmux -S $DIR/$SOCK new-session -d; sleep 4; tmux -S $DIR/$SOCK kill-server' &
    sleep 1
    session "$bob" root "$tests_of" tmux_hijack "$DIR/$SOCK"
}
injected() { together as "$alice" "$tests_of" victim -- as "$bob" "$tests_of" server_nc -- as "$alice" bash -c "sleep 1; $tests_of $1"; }
shell() { together as "$alice" "$tests_of" "$1" -- as "$bob" "$tests_of" "$2"; }
late() { together as "$bob" "$tests_of" "$2" -- as "$alice" bash -c "sleep 0.7; exec $tests_of $1"; }

pass() { # plain|random
    style=$1 running=()
    attack L05 nc.openbsd together as "$bob" "$tests_of" listener -- on_terminal "$alice" "$tests_of" fifo_nc
    attack L05 openssl late fifo_openssl listener_tls
    attack L05 python3 late fifo_python listener
    wait "${running[@]}"; running=()
    attack L05 bash late fifo_devtcp listener
    attack L06 mkfifo together session "$alice" root "$tests_of" fifo_sudo_reader -- as "$bob" "$tests_of" fifo_sudo_writer
    attack L06 mkfifo together session "$alice" root "$tests_of" fifo_eval_reader -- as "$bob" "$tests_of" fifo_eval_writer
    attack L03 python3 shell unix_bind_python client_nc
    attack L03 socat shell unix_bind_socat client_socat
    wait "${running[@]}"; running=()
    attack L05 busybox late fifo_busybox listener
    attack L05 script late fifo_terminal listener
    attack L07 nc.openbsd shell pipe_nc client_nc
    attack L17 socat late unix_reverse_socat server_nc
    wait "${running[@]}"; running=()
    attack L03,L16 perl shell abstract_bind_dropped client_abstract
    attack L17 python3 late unix_reverse_python server_nc
    attack L18,L03 python3 shell memfd_bind client_nc
    attack L21,L03 python3 together as "$alice" bash -c "$tests_of double_fork_daemon; sleep 5" -- as "$bob" "$tests_of" client_nc
    wait "${running[@]}"; running=()
    attack L12 gcc injected inject_ptrace
    attack L12 gcc injected inject_vm_writev
    attack L12 dd injected inject_proc_mem
    wait "${running[@]}"; running=()
    attack L14 python3 together as "$alice" "$tests_of" queue_receiver posix -- as "$bob" "$tests_of" queue_sender posix
    attack L14 python3 together as "$alice" "$tests_of" queue_receiver sysv -- as "$bob" "$tests_of" queue_sender sysv
    attack L13 python3 together as "$alice" "$tests_of" shm_pair posix -- as "$bob" "$tests_of" shm_writer posix
    attack L09 ssh-agent agent
    attack L09 tmux terminal
    wait "${running[@]}"; running=()
    [ -z "$docker" ] || attack L01 curl service www-data "$tests_of" docker_curl "$docker"
    [ -z "$docker" ] || attack L19 socat together as "$bob" "$tests_of" listener -- as "$alice" "$tests_of" docker_carried "$docker"
    [ -z "$bus" ] || attack L10 dbus-send as "$alice" "$tests_of" bus_race "$bus"
    [ -z "$fpm" ] || attack L08 python3 as "$alice" "$tests_of" fastcgi "$php" "$work/index.php"
    wait "${running[@]}"; running=()
}
more() { # shapes that differ in what runs the commands and in what carries them
    local loop shape
    style=random running=()
    for loop in "lua5.4 lua_loop" "perl perl_loop" "awk awk_loop" "xargs xargs_loop" "bash eval_loop"; do
        read -r tool shape <<<"$loop"
        attack L05 "$tool" late "$shape" listener
    done
    wait "${running[@]}"; running=()
    attack L05 python3 late python_loop listener
    attack L05 busybox late busybox_loop listener
    attack L05 setsid late fifo_wrapped listener
    attack L05 socat late fifo_unknown_relay listener
    attack L05 curl late curl_polled serves_commands
    wait "${running[@]}"; running=()
    attack L05 tail late forward_shell listener
    attack L05 socat late fifo_socat listener
    attack L05 perl late fifo_perl listener
    attack L07 nc.openbsd together as "$bob" "$tests_of" listener_twice -- as "$alice" bash -c "sleep 0.7; exec $tests_of two_lines"
    attack L03 gcc shell static_bind client_nc
    wait "${running[@]}"; running=()
    attack L03 perl together session "$alice" root "$tests_of" each_command -- as "$bob" "$tests_of" client_nc
    attack L03 python3 together session "$alice" root "$tests_of" datagram_bind -- as "$bob" "$tests_of" client_datagram
    attack L03 socat shell unix_bind_exec client_socat
    attack L03 socat shell unix_bind_system client_nc
    attack L03 socat shell abstract_bind_socat client_abstract
    wait "${running[@]}"; running=()
    attack L03 node shell unix_bind_node client_nc
    attack L17 node late unix_reverse_node server_nc
    attack L03 perl shell unix_bind_perl client_python
    attack L05 nc.openbsd shell unix_bind_nc client_nc
    attack L03 python3 shell abstract_bind_python client_abstract
    wait "${running[@]}"; running=()
    attack L17 python3 late unix_reverse_child server_nc
    attack L13 python3 together as "$alice" "$tests_of" shm_pair sysv -- as "$bob" "$tests_of" shm_writer sysv
    attack L12 gcc injected inject_python
    wait "${running[@]}"; running=()
    [ -z "$docker" ] || attack L01 nc.openbsd service www-data "$tests_of" docker_nc "$docker"
    [ -z "$docker" ] || attack L01 socat service www-data "$tests_of" docker_socat "$docker"
    wait "${running[@]}"; running=()
}
# --- Pids come round.

come_round() { # FIRST: forks until pids have come round and the next ones are those from FIRST on
    [ "$was_pid_max" -le 32768 ] || echo 32768 >/proc/sys/kernel/pid_max 2>/dev/null
    /usr/bin/python3 - "$1" <<'END'
import os, sys
first, last, round = int(sys.argv[1]), os.getpid(), False
while not (round and last >= first - 20):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    round = round or pid < last
    last = pid
END
}
if [ -n "$cycle" ]; then
    sleep 610
    come_round "$first_pid"
    echo "pids came round: the next is $(sh -c 'echo $$'), everyday work began with $first_pid"
fi

pass plain
pass random
more
# Something goes on all the time now: what is due must not wait for silence.
busy=$(date +%s.%N)
( while sleep 0.05; do :; done ) 9>&- &
ticker=$!
daemons+=("$ticker")
sleep 1
style=random running=()
attack L03 python3 shell unix_bind_python client_socat
wait "${running[@]}"
sleep 4
kill "$ticker"

/usr/bin/python3 "$here/verdict.py" "$expected" "$alerts" "$busy" || failures=$((failures + 1))
if [ -n "$plugin" ]; then
    # A burst: what the log has, the plugin must have got. SIGHUP, which auditd passes on, has it write its counters and
    # read its policy again; SIGTERM ends it.
    own=$(pgrep -x plugin -P "$auditd")
    before=$(grep -c . "$log") begin=$(date +%s%N)
    as "$alice" bash -c 'for number in $(seq 1 3000); do /bin/true; done'
    took=$((($(date +%s%N) - begin) / 1000000))
    sleep 2
    size=$(awk '/VmRSS/ { print $2 }' "/proc/$own/status")
    # To a plugin auditd also gives the mark at the end of each system call's records, which it does not log; the record of
    # its own start it logs before there are plugins.
    logged=$(grep -c . "$log") due=$(($(grep -c . "$log") + $(grep -c '^type=SYSCALL' "$log") - 1))
    kill -HUP "$auditd"
    for _ in $(seq 1 50); do [ -s "$work/plugin.stats" ] && break; sleep 0.2; done
    got=$(sed -n 's/.*"records":\([0-9]*\).*/\1/p' "$work/plugin.stats")
    echo "a burst of $((logged - before)) records in $took ms; ${got:-none} of $due records came to the plugin, $size KiB"
    cat "$work/plugin.stats"
    [ "${got:-0}" -ge "$due" ] || fail "the log has records that the plugin did not get"
    [ "$size" -lt 200000 ] || fail "the plugin grew to $size KiB"
    grep -q '"decode_errors":0,' "$work/plugin.stats" || fail "the plugin could not decode records"
    [ "$(pgrep -x plugin -P "$auditd")" = "$own" ] || fail "the plugin ended at SIGHUP"
    : >"$work/plugin.stats"
    kill -TERM "$auditd"
    for _ in $(seq 1 50); do [ -s "$work/plugin.stats" ] && break; sleep 0.2; done
    [ -s "$work/plugin.stats" ] || fail "the plugin wrote no counters at SIGTERM"
else
    tail -1 "$work/hunt.err"
fi

# --- A host that logs starts alone loads the rules that coverage prints for it: what they were printed for is seen in full.

since() { tail -c "+$(($1 + 1))" "$log"; }
if [ -z "$plugin" ]; then
    auditctl -D >/dev/null
    grep -- '-S execve' "$root/core/examples/hunt/auditd.rules" >"$work/starts.rules"
    auditctl -R "$work/starts.rules" >/dev/null 2>&1 || fail 'the rules for starts do not load'
    from=$(stat -c %s "$log")
    names plain
    as "$alice" /bin/true
    sleep 1
    since "$from" >"$work/starts.log"
    "$hunt" --coverage --remedy --output ndjson "$work/starts.log" >"$work/remedy" 2>/dev/null
    /usr/bin/python3 "$here/remedy.py" rules "$work/remedy" >"$work/printed.rules"
    auditctl -R "$work/printed.rules" >"$work/load" 2>&1 || { fail 'the printed rules do not load:'; cat "$work/load"; }
    from=$(stat -c %s "$log")
    style=random running=() expected=/dev/null
    attack L05 bash late fifo_devtcp listener
    attack L03 python3 shell unix_bind_python client_nc
    attack L16 perl shell abstract_bind_dropped client_abstract
    attack L18 python3 shell memfd_bind client_nc
    wait "${running[@]}"; running=()
    attack L12 gcc injected inject_ptrace
    attack L12 gcc injected inject_vm_writev
    wait "${running[@]}"; running=()
    for kind in posix sysv; do
        attack L14 python3 together as "$alice" "$tests_of" queue_receiver $kind -- as "$bob" "$tests_of" queue_sender $kind
        attack L13 python3 together as "$alice" "$tests_of" shm_pair $kind -- as "$bob" "$tests_of" shm_writer $kind
    done
    wait "${running[@]}"; running=()
    sleep 1
    since "$from" >"$work/mended.log"
    "$hunt" --coverage --output ndjson "$work/mended.log" >"$work/coverage" 2>/dev/null
    /usr/bin/python3 "$here/remedy.py" mended "$work/remedy" <"$work/coverage" || failures=$((failures + 1))
fi
rm -rf "${folders[@]}"
if [ "$failures" -gt 0 ]; then
    [ -z "${KEEP:-}" ] || cp "$log" "$alerts" "$expected" "$work/out" "$KEEP"
    exit 1
fi
