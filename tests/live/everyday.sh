#!/bin/bash
# Everyday work that looks like an attack from afar, one kind a function; `everyday.sh NAME` does it, in $DIR and on
# loopback only.
set -u
umask 0
python=/usr/bin/python3
cd "$DIR" || exit 1

make_parallel() {
    for n in 1 2 3 4 5 6; do echo "int f$n(void) { return $n; }" >f$n.c; done
    printf 'lib.a: f1.o f2.o f3.o f4.o f5.o f6.o\n\tar rcs $@ $^\n%%.o: %%.c\n\tgcc -c $< -o $@\nsub:\n\t$(MAKE) -j4 lib.a\n' >Makefile
    make -j4
    rm -f ./*.o lib.a
    make sub
    rm -f ./*.o lib.a
    make --jobserver-style=fifo -j3
}

git_hooks() {
    export HOME=$DIR
    git init -q a && cd a || return
    git config user.email x@example.com
    git config user.name x
    printf '#!/bin/sh\nexec </dev/null\nid >/dev/null\nuname -a >/dev/null\n' >.git/hooks/pre-commit
    chmod +x .git/hooks/pre-commit
    date >f && git add f && git commit -qm one && git log | head -3
    git clone -q . ../b && cd ../b && git gc -q && git status | cat
    echo x >>f && git stash -q && git stash pop -q && git diff | cat
}

pipelines() {
    for _ in 1 2 3; do
        ls -l /usr/bin | sort -k5 | uniq | awk '{ print $5 }' | head -5
        ps ax | grep bash | awk '{ print $1 }'
        find /usr/share/doc -maxdepth 1 | xargs -n 50 echo | grep -c a
        tar cf - -C /etc hostname | tar tf -
        seq 5 | while read -r x; do echo "$x"; done
        (echo 'echo hello' | sh) | cat
    done
    diff <(ls /) <(ls /usr)
}

backup_fifo() {
    mkfifo p q
    gzip -c <p >o.gz &
    tar cf p -C /etc hostname
    wait
    cat q | sed s/a/b/ >o &
    ls >q
    wait
}

tokens_fifo() { # downloads bounded by tokens in a FIFO
    echo x >x
    timeout 5 $python -m http.server "$PORT" --bind 127.0.0.1 &
    sleep 0.8
    mkfifo t && exec 7<>t && printf 'xx' >&7
    for n in 1 2 3 4; do
        read -rn1 _ <&7
        { curl -s "http://127.0.0.1:$PORT/x" -o d$n; printf x >&7; } &
    done
    wait %2 %3 %4 %5
    exec 7>&-
    diff <(curl -s "http://127.0.0.1:$PORT/x") <(curl -s "http://127.0.0.1:$PORT/")
    kill %1
}

job_shell() { # a shell that takes jobs from a FIFO of this host
    mkfifo j
    timeout 5 bash <j >o &
    exec 8>j
    for n in 1 2 3; do echo "echo $n; date" >&8; sleep 0.2; done
    exec 8>&-
    wait
    printf 'uptime\ndate\n' | sh | sort
}

recorded_terminal() {
    expect -c 'spawn sh -i; send "date; exit\r"; expect eof'
    script -qc 'date' /dev/null
}

upload_fifo() {
    timeout 4 nc.openbsd -l 127.0.0.1 "$PORT" >received &
    sleep 0.4
    mkfifo p
    tar cz -C /etc hostname >p &
    nc.openbsd -N 127.0.0.1 "$PORT" <p
    wait
}

web_server() {
    echo '{}' >x.json
    $python -m http.server "$PORT" --bind 127.0.0.1 &
    sleep 0.8
    curl -s "http://127.0.0.1:$PORT/x.json" | $python -m json.tool
    curl -s "http://127.0.0.1:$PORT/" | grep json
    kill %1
}

installer() {
    printf '%s\n' '#!/bin/sh' 'uname -s; id -u; command -v curl; t=$(mktemp -d); mkfifo $t/p' 'tee $t/log <$t/p & exec 3>$t/p' \
        "echo begin >&3; curl -s http://127.0.0.1:$PORT/x >\$t/x; curl -s http://127.0.0.1:$PORT/x | sh; echo end >&3" \
        'exec 3>&-; wait; rm -r $t' >i.sh
    echo 'echo nothing more' >x
    timeout 6 $python -m http.server "$PORT" --bind 127.0.0.1 &
    sleep 0.8
    curl -sSf "http://127.0.0.1:$PORT/i.sh" | sh
    curl -sSf "http://127.0.0.1:$PORT/i.sh" | bash -s -- -y
    kill %1
}

ssh_agent() {
    eval "$(ssh-agent)"
    ssh-keygen -q -t ed25519 -N '' -f k
    ssh-add k
    ssh-add -l
    ssh -o ConnectTimeout=1 -o BatchMode=yes -p "$PORT" 127.0.0.1
    ssh-agent -k
}

gpg() {
    export GNUPGHOME=$DIR/g
    mkdir -m 700 g
    command gpg --batch --quick-generate-key --passphrase '' x@example.com
    echo hello | command gpg -se -r x@example.com --batch | command gpg -d --batch | cat
    gpgconf --kill all
}

debugger() {
    printf '#include <stdlib.h>\nint f(int x) { return x + 1; }\nint main() { system("id"); return f(1) - 2; }\n' >p.c
    gcc -g p.c -o p
    gdb -q -batch -ex 'break f' -ex run -ex 'set var x=3' -ex bt -ex continue ./p
    sleep 9 &
    gdb -q -batch -p $! -ex bt -ex detach
    kill %1
    if command -v strace; then strace -f -o s ./p; fi
}

multiplexer() {
    tmux -S "$DIR/$SOCK" new-session -d 'sh -c "id; sleep 1"'
    tmux -S "$DIR/$SOCK" new-session -d
    tmux -S "$DIR/$SOCK" send-keys 'id; whoami; uname -a | cat' Enter
    sleep 0.6
    tmux -S "$DIR/$SOCK" list-sessions
    tmux -S "$DIR/$SOCK" kill-server
}

node_server() {
    cat >s.js <<'END'
const net = require("net"), child = require("child_process");
child.execSync("git --version; id");
net.createServer(c => c.on("data", () => child.exec("df -h; uptime", (e, out) => c.end(out)))).listen(process.argv[2]);
setTimeout(() => process.exit(), 2500);
END
    node s.js "$DIR/$SOCK" &
    sleep 1
    echo x | timeout 2 nc.openbsd -U -q1 "$DIR/$SOCK"
    wait
}

python_daemon() {
    cat >d.py <<'END'
import os, socket, subprocess, sys
if os.fork(): sys.exit()
os.setsid()
if os.fork(): os._exit(0)
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(1); server.settimeout(2)
try:
    while True:
        client, _ = server.accept()
        client.send(subprocess.run(["df", "-h"], capture_output=True).stdout)
        client.send(subprocess.check_output("hostname; free", shell=True)); client.close()
except OSError: pass
END
    $python d.py "$DIR/$SOCK"
    sleep 0.6
    curl -s --max-time 1 --unix-socket "$DIR/$SOCK" http://localhost/
    socat - "UNIX-CONNECT:$DIR/$SOCK" </dev/null
    sleep 1.5
}

relay() {
    timeout 4 nc.openbsd -lk 127.0.0.1 "$PORT" &
    timeout 3 socat "UNIX-LISTEN:$DIR/$SOCK,fork" "TCP:127.0.0.1:$PORT" &
    sleep 0.5
    echo hello | timeout 1 nc.openbsd -U "$DIR/$SOCK"
    logger hello
    getent passwd root
    wait
}

build_agent() {
    printf 'set -e\nid\nuname -a\nmkdir -p b\nmake --version | head -1\n' | bash
    printf 'print(1)' | $python
    printf 'print 1' | perl
    $python - <<'END'
import subprocess
with subprocess.Popen(["bash"], stdin=subprocess.PIPE, text=True) as shell:
    shell.communicate("id\nls\nhostname\n")
END
}

postgres() {
    initdb -D d -U x >/dev/null
    pg_ctl -D d -o "-k $DIR -h '' -p 5599" -l log -w start
    psql -h "$DIR" -p 5599 -U x postgres -c 'create table t(a int)' -c "copy (select 1) to program 'cat >/dev/null'"
    pg_dump -h "$DIR" -p 5599 -U x postgres | gzip >o
    pg_ctl -D d -m fast stop
}

docker_cli() {
    docker ps
    docker version
    docker run --rm alpine true
    curl -s --unix-socket /run/docker.sock http://localhost/_ping
    curl -s --unix-socket /run/docker.sock http://localhost/containers/json | cat
}

packages() {
    mkdir -p p/DEBIAN p/usr/share/ipcsentry-live-test
    printf 'Package: ipcsentry-live-test\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.com>\nDescription: x\n' >p/DEBIAN/control
    printf '#!/bin/sh\nset -e\nid -u >/dev/null\ngetent passwd root | cut -d: -f1\necho done | sh -c cat\n' >p/DEBIAN/postinst
    cp p/DEBIAN/postinst p/DEBIAN/prerm
    chmod 755 p p/DEBIAN p/DEBIAN/postinst p/DEBIAN/prerm
    dpkg-deb --root-owner-group -b p x.deb
    apt-get -o DPkg::Lock::Timeout=60 install -y ./x.deb
    apt-get -o DPkg::Lock::Timeout=60 purge -y ipcsentry-live-test
}

# --- Status daemons and their plugins: they run them whether anybody asks or not.

status_daemon() { # its socket is read between the rounds
    cat >d.py <<'END'
import os, socket, subprocess, sys, time
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(1); server.settimeout(0.3)
for _ in range(5):
    out = b"".join(subprocess.check_output(c, shell=True) for c in ("id -u", "uname -r", "hostname", "who | wc -l"))
    try: client, _ = server.accept()
    except OSError: continue
    client.send(out); client.close()
END
    $python d.py "$DIR/$SOCK" &
    sleep 1
    timeout 1 socat - "UNIX-CONNECT:$DIR/$SOCK" </dev/null
    wait
}

plugin_scripts() {
    printf '#!/bin/sh\ndf -P / | tail -1\n' >check_disk
    printf '#!/bin/sh\nwho | wc -l\n' >check_users
    chmod +x check_*
    for _ in 1 2; do for check in ./check_disk ./check_users; do sh -c "$check"; done; done
}

datagram_metrics() { # a collector that takes datagrams
    timeout 2 socat "UNIX-RECV:$DIR/$SOCK" - >got &
    sleep 0.4
    for n in 1 2 3; do echo "load $n" | socat - "UNIX-SENDTO:$DIR/$SOCK"; done
    wait
}

logger_fifo() {
    mkfifo log
    timeout 3 sed -u 's/^/> /' <log >out &
    for n in 1 2 3; do echo "line $n"; done >log
    wait
}

# --- Coding agents, editors and notebooks: a tool server runs commands for the agent that asks.

agent_streams() {
    cat >server.py <<'END'
import json, subprocess, sys
for line in sys.stdin:
    order = json.loads(line)
    done = subprocess.run(["bash", "-c", order["command"]], capture_output=True, text=True)
    print(json.dumps({"out": done.stdout}), flush=True)
END
    cat >agent.py <<'END'
import json, subprocess
server = subprocess.Popen(["/usr/bin/python3", "server.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
for command in ("id", "uname -a", "git --version", "ls", "hostname"):
    server.stdin.write(json.dumps({"command": command}) + "\n"); server.stdin.flush(); server.stdout.readline()
server.stdin.close(); server.wait()
END
    $python agent.py
}

agent_socket() { # the server keeps one shell, as agents do
    cat >server.py <<'END'
import socket, subprocess, sys
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(1); server.settimeout(3)
shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
client, _ = server.accept()
for line in client.makefile():
    shell.stdin.write(line.rstrip() + "; echo done\n"); shell.stdin.flush()
    while shell.stdout.readline().strip() != "done": pass
    client.send(b"ok\n")
shell.stdin.close(); shell.wait()
END
    $python server.py "$DIR/$SOCK" &
    sleep 0.5
    $python - "$DIR/$SOCK" <<'END'
import socket, sys
line = socket.socket(socket.AF_UNIX); line.connect(sys.argv[1])
for order in (b"id", b"uname -a", b"git --version", b"hostname"):
    line.send(order + b"\n"); line.recv(64)
END
    wait
}

agent_node() {
    cat >server.js <<'END'
const net = require("net"), { execFile } = require("child_process");
const server = net.createServer(c => c.on("data", d => execFile("bash", ["-lc", String(d)], (e, out) => c.write(out || "x"))));
server.listen(process.argv[2]);
setTimeout(() => process.exit(), 2500);
END
    cat >agent.js <<'END'
const c = require("net").connect(process.argv[2]); const todo = ["id", "git --version", "uname -r"];
const next = () => todo.length ? c.write(todo.shift()) : c.end();
c.on("connect", next); c.on("data", next);
END
    node server.js "$DIR/$SOCK" &
    sleep 0.7
    node agent.js "$DIR/$SOCK"
    wait
}

notebook_kernel() {
    $python - "$DIR/$SOCK" <<'END'
import os, socket, subprocess, sys, threading
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(1)
def kernel():
    client, _ = server.accept()
    for cell in client.makefile(): client.send(subprocess.check_output(cell, shell=True))
threading.Thread(target=kernel, daemon=True).start()
line = socket.socket(socket.AF_UNIX); line.connect(sys.argv[1])
for cell in (b"pwd\n", b"id\n", b"ls\n"): line.send(cell); line.recv(4096)
END
}

language_server() {
    cat >l.py <<'END'
import sys
for line in sys.stdin: print("ok", line.strip(), flush=True)
END
    mkfifo in out
    timeout 3 $python l.py <in >out &
    exec 7>in 8<out
    for n in 1 2 3; do echo "open $n" >&7; read -r _ <&8; done
    exec 7>&- 8<&-
    wait
}

# --- Work with files, archives and hosts.

rsync_copy() { mkdir a; cp /etc/hostname a; rsync -a a/ b/; rsync -an --delete a/ b/; }
busybox_tools() { busybox ls / | busybox sort | busybox head -3; busybox sh -c 'id; uname -a'; echo 'ls /' | busybox sh; }
lua_script() { echo 'for n = 1, 3 do local p = io.popen("date"); print(p:read("a")); p:close() end' >s.lua; lua5.4 s.lua; echo 'print(1 + 1)' | lua5.4 -; }
perl_filter() { seq 20 | perl -ne 'print if $_ % 3 == 0' | perl -e 'while (<STDIN>) { print uc }'; perl -e 'print `date`, `uptime`'; }
awk_report() { ps ax | awk '{ n[$3]++ } END { for (k in n) print k, n[k] | "sort"; close("sort") }'; }
tcl_script() { echo 'puts [exec date]; puts [exec uname -r]' >s.tcl; tclsh s.tcl; }
xargs_shells() { seq 5 | xargs -n1 sh -c 'echo "$0" | cat'; find /etc -maxdepth 1 -name 'host*' -exec sh -c 'wc -c "$1"' _ {} \;; }
here_documents() { sh <<'END'
id; for f in /etc/host*; do wc -l "$f"; done
END
bash -s -- a b <<<'echo "$@"'; }
coprocess() { coproc WORK { while read -r line; do echo "got $line"; done; }; for n in 1 2; do echo $n >&"${WORK[1]}"; read -r _ <&"${WORK[0]}"; done; exec {WORK[1]}>&-; wait; }
process_substitution() { comm <(ls /usr/bin | sort) <(ls /bin | sort) | head -2; tee >(wc -l) >(md5sum) </etc/passwd >/dev/null; sleep 0.2; }
scheduler_like() { (sleep 0.3; date) & (sleep 0.5; id) & nohup sh -c 'uptime' >o 2>&1 & wait; }
archive_stream() { tar cz -C /etc hostname hosts | tee x.tgz | tar tz; zcat x.tgz | head -c 20 | xxd | head -1; gunzip -t x.tgz; }
keys_and_hashes() { openssl genrsa -out k 2048; openssl req -x509 -key k -subj /CN=x -days 1 -out c; sha256sum k c; openssl rand -base64 12 | base64 -d | xxd; }
tls_probe() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -days 1 -subj /CN=x
    timeout 3 openssl s_server -quiet -key k -cert c -accept "127.0.0.1:$PORT" -www &
    sleep 0.5
    curl -sk "https://127.0.0.1:$PORT/" | head -3
    wait
}
sqlite_work() { $python -c 'import sqlite3; d = sqlite3.connect("x.db"); d.execute("create table t(a)"); d.commit(); print(d.execute("select count(*) from t").fetchall())'; }
workers() { # a pool that shares memory and pipes
    $python - <<'END'
import multiprocessing as m, subprocess
def work(n): return subprocess.run(["sh", "-c", f"echo {n}"], capture_output=True).stdout
from multiprocessing import shared_memory
memory = shared_memory.SharedMemory(create=True, size=64)
with m.Pool(3) as pool: print(pool.map(work, range(5)))
memory.close(); memory.unlink()
END
}
queue_work() {
    $python - <<'END'
import multiprocessing as m, os
def serve(q):
    while (n := q.get()) is not None: os.system("date >/dev/null")
q = m.Queue(); p = m.Process(target=serve, args=(q,)); p.start()
for n in range(3): q.put(n)
q.put(None); p.join()
END
}
traced() { strace -f -e trace=network,process -o s sh -c 'id; echo x | cat'; sleep 3 & strace -p $! -o s2 & sleep 0.5; kill %1 %2; wait; }
cores() { sleep 5 & gdb -q -batch -p $! -ex 'info threads' -ex 'x/2i $pc' -ex detach; kill %1; wait; }
web_socket() { # an application server on a socket, its own client beside it
    cat >w.py <<'END'
import http.server, socketserver, sys, subprocess
class H(http.server.BaseHTTPRequestHandler):
    def address_string(self): return "x"
    def do_GET(self):
        body = subprocess.check_output(["git", "--version"]); self.send_response(200); self.end_headers(); self.wfile.write(body)
class S(socketserver.UnixStreamServer): pass
s = S(sys.argv[1], H); s.timeout = 1
for _ in range(3): s.handle_request()
END
    $python w.py "$DIR/$SOCK" &
    sleep 0.6
    for _ in 1 2; do curl -s --max-time 1 --unix-socket "$DIR/$SOCK" http://localhost/; done
    wait
}
expect_session() { expect -c 'spawn bash --norc; send "id\r"; expect "uid"; send "exit\r"; expect eof'; }
git_over_pipes() { export HOME=$DIR; git init -q --bare s.git; git clone -q s.git w; cd w || return; git config user.email x@example.com; git config user.name x; date >f; git add f; git commit -qm x; git push -q origin HEAD; git bundle create ../b.bundle --all; git archive HEAD | tar t; }
screen_log() { tmux -S "$DIR/$SOCK" new-session -d 'sh'; tmux -S "$DIR/$SOCK" pipe-pane -o 'cat >pane'; tmux -S "$DIR/$SOCK" send-keys 'date' Enter; sleep 0.4; tmux -S "$DIR/$SOCK" kill-server; }
user_service() { # a program of one's own that goes into the background
    (setsid sh -c 'sleep 1; date >done' >/dev/null 2>&1 &)
    sleep 1.3
    cat done
}

"$@"
