"""The proxies under comparison, each with one worker and the settings that suit it best.

The peers are not asked for what lbd always does (X-Forwarded-*, Via): where a scenario does not name
header rules, they forward the head as it is.
"""

import http.client
import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import time

BACKEND_HTTP, BACKEND_TCP = 9000, 9001
PROXY_CPU, OTHERS_CPU = 1, 0


def max_connections():
    """Client connections that every product can hold with the descriptors allowed here."""
    return min(20_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2 - 50)


class Product:
    """A running proxy: .http and .tcp are its ports, .pid the root of its process tree."""

    name = ""
    label = ""  # in tables; by default the name

    def __init__(self, directory, port, scenario):
        self.directory = directory / f"{self.name}-{port}"
        self.directory.mkdir()
        self.http, self.tcp = port, port + 100
        self.log = self.directory / "access.log"
        self.scenario = scenario
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def argv(self):
        raise NotImplementedError

    def start(self):
        output = open(self.directory / "output", "wb")
        self.process = subprocess.Popen(self.argv(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                        preexec_fn=lambda: os.sched_setaffinity(0, {PROXY_CPU}))
        wait_until(lambda: echoes(self.tcp) if self.scenario.tcp else get("127.0.0.1", self.http, self.scenario.tls).status == 200,
                   f"{self.name} to serve", self)

    def reload(self, generation):
        """Takes over a changed configuration: the value of a header rule is another one."""
        text = self.config.read_text()
        self.config.write_text(re.sub(r"\bedge\d+", f"edge{generation}", text))
        self.process.send_signal(self.reload_signal)

    def generation(self):
        """Of the configuration that a new connection meets."""
        return int(get("127.0.0.1", self.http).headers["X-Served-By"].removeprefix("edge"))

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def certificate(self):
        """A certificate and its P-256 key in one file, made once for all products."""
        path = self.directory.parent / "certificate.pem"
        if not path.exists():
            made = path.with_suffix(".key")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "30", "-subj", "/CN=bench.test", "-keyout", made, "-out", path],
                           check=True, capture_output=True)
            path.write_text(path.read_text() + made.read_text())
        return path

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path


class Tandem(Product):
    name = "lbd"
    reload_signal = signal.SIGHUP
    binary = None  # set by the caller
    engine = "auto"

    def argv(self):
        listener = {"name": "web", "protocol": "http", "address": "127.0.0.1", "port": self.http,
                    "default_target_group": "web"}
        if self.scenario.rules:
            listener["request_headers"] = {"set": {"X-Edge": "tandem"}}
            listener["response_headers"] = {"set": {"X-Served-By": "edge0"}, "remove": ["Server"]}
        check = {"type": "tcp", "interval": "60s"}
        config = {
            "version": 1, "workers": 1, "engine": self.engine,
            "timeouts": {"keep_alive": "600s", "request_head": "60s"},
            "listeners": [listener, {"name": "echo", "protocol": "tcp", "address": "127.0.0.1", "port": self.tcp,
                                     "default_target_group": "echo"}],
            "target_groups": [
                {"name": "web", "protocol": "http", "health_check": check,
                 "backends": [{"name": "s1", "address": f"127.0.0.1:{BACKEND_HTTP}"}]},
                {"name": "echo", "protocol": "tcp", "health_check": check,
                 "backends": [{"name": "s1", "address": f"127.0.0.1:{BACKEND_TCP}"}]}],
        }
        if self.scenario.log:
            config["log"] = {"access_log": str(self.log)}
        self.config = self.write("tandem.json", json.dumps(config))
        return [self.binary, "--config", self.config, "--node", "bench",
                "--run-dir", self.directory, "--log-level", "warning"]


class TandemEpoll(Tandem):
    """The same, with the engine of kernels before 6.15."""

    label = "lbd+epoll"
    engine = "epoll"


class Haproxy(Product):
    name = "haproxy"
    reload_signal = signal.SIGUSR2
    splices = False

    def argv(self):
        rules = """
  http-request set-header X-Edge tandem
  http-response set-header X-Served-By edge0
  http-response del-header Server""" if self.scenario.rules else ""
        log = "\n  log stdout format raw local0\n  option httplog" if self.scenario.log else ""
        bulk = "\n  tune.bufsize 65536\n  tune.pipesize 262144" if self.scenario.bulk else ""
        splice = "\n  option splice-request\n  option splice-response" if self.splices else ""
        handover = f"\n  stats socket {self.directory}/stats expose-fd listeners" if self.scenario.kind == "reload" else ""
        pipes = "\n  maxpipes 256" if self.splices else ""
        tls = (f" ssl crt {self.certificate()} alpn h2,http/1.1 ssl-min-ver TLSv1.3 curves X25519"
               " ciphersuites TLS_AES_128_GCM_SHA256" if self.scenario.tls else "")
        self.config = self.write("haproxy.cfg", f"""
global
  nbthread 1
  maxconn {max_connections() - (600 if self.splices else 0)}{bulk}{pipes}{handover}
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-request 60s
  timeout http-keep-alive 600s
  http-reuse always{splice}
frontend web
  bind 127.0.0.1:{self.http}{tls}{log}{rules}
  default_backend web
backend web
  server s1 127.0.0.1:{BACKEND_HTTP} pool-max-conn -1 pool-purge-delay 600s
frontend echo
  mode tcp
  bind 127.0.0.1:{self.tcp}
  default_backend echo
backend echo
  mode tcp
  server s1 127.0.0.1:{BACKEND_TCP}
""")
        return ["haproxy", *(["-W"] if self.scenario.kind == "reload" else []), "-db", "-f", self.config]


class HaproxySplicing(Haproxy):
    """The same, moving bodies by splice(2)."""

    label = "haproxy+splice"
    splices = True


class Nginx(Product):
    name = "nginx"
    reload_signal = signal.SIGHUP
    stream_module = "/usr/lib/nginx/modules/ngx_stream_module.so"

    def argv(self):
        rules = """
      proxy_set_header X-Edge tandem;
      add_header X-Served-By edge0;
      proxy_hide_header Server;""" if self.scenario.rules else ""
        log = f"access_log {self.log} combined buffer=64k flush=1s;" if self.scenario.log else "access_log off;"
        buffers = ("proxy_buffering off; proxy_buffer_size 128k; proxy_buffers 8 128k; proxy_busy_buffers_size 256k;"
                   " client_body_buffer_size 256k; proxy_request_buffering off;"
                   if self.scenario.bulk else "proxy_buffer_size 4k;")
        stream = f"""
stream {{
  server {{ listen 127.0.0.1:{self.tcp} reuseport; proxy_pass 127.0.0.1:{BACKEND_TCP}; proxy_timeout 600s; tcp_nodelay on; }}
}}""" if self.scenario.tcp else ""
        module = f"load_module {self.stream_module};" if self.scenario.tcp else ""
        temp = "\n  ".join(f"{kind}_temp_path {self.directory}/{kind};" for kind in
                           ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        tls = f"""
    ssl_certificate {self.certificate()};
    ssl_certificate_key {self.certificate()};
    ssl_protocols TLSv1.3;
    ssl_ecdh_curve X25519;
    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    ssl_session_cache none;
    ssl_session_tickets on;""" if self.scenario.tls else ""
        self.config = self.write("nginx.conf", f"""
{module}
user root;
daemon off;
worker_processes 1;
pid {self.directory}/pid;
error_log {self.directory}/error.log error;
worker_rlimit_nofile 60000;
events {{ worker_connections 30000; }}
http {{
  {temp}
  {log}
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  http2_max_concurrent_streams 128;
  client_max_body_size 0;
  proxy_max_temp_file_size 0;
  upstream web {{ server 127.0.0.1:{BACKEND_HTTP}; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 600s; }}
  server {{
    listen 127.0.0.1:{self.http} {"ssl http2 " if self.scenario.tls else ""}reuseport backlog=4096;{tls}
    location / {{
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      {buffers}{rules}
    }}
    location /websocket {{
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      proxy_read_timeout 600s;
    }}
  }}
}}{stream}
""")
        return ["nginx", "-e", self.directory / "error.log", "-c", self.config]


class Pump(Product):
    name = "pump"
    binary = None  # set by the caller

    def argv(self):
        port, to = (self.tcp, BACKEND_TCP) if self.scenario.tcp else (self.http, BACKEND_HTTP)
        return [self.binary, "--listen", f"127.0.0.1:{port}", "--backend", f"127.0.0.1:{to}"]


def listens(port):
    socket.create_connection(("127.0.0.1", port), 1).close()
    return True


def get(host, port, tls=False):
    """The response to GET / on a connection of its own."""
    unverified = ssl._create_unverified_context()
    connection = (http.client.HTTPSConnection(host, port, timeout=1, context=unverified) if tls
                  else http.client.HTTPConnection(host, port, timeout=1))
    try:
        connection.request("GET", "/")
        return connection.getresponse()
    finally:
        connection.close()


def echoes(port):
    with socket.create_connection(("127.0.0.1", port), 1) as connection:
        connection.sendall(b"x")
        return connection.recv(1) == b"x"


def wait_until(works, what, product=None, deadline=20.0):
    """Calls works() until it is true; an error in it only means: not yet."""
    end = time.monotonic() + deadline
    while True:
        try:
            if works():
                return
            cause = "refused"
        except (OSError, http.client.HTTPException) as error:
            cause = str(error)
        dead = product is not None and product.process.poll() is not None
        if dead or time.monotonic() > end:
            output = (product.directory / "output").read_text(errors="replace") if product else ""
            raise RuntimeError(f"waited in vain for {what}: {cause}\n{output}")
        time.sleep(0.02)


PRODUCTS = {each.label or each.name: each for each in (Tandem, TandemEpoll, Haproxy, HaproxySplicing, Nginx, Pump)}
