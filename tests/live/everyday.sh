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

"$@"
