"""The proxies under comparison, each with one worker and the settings that suit it best.

The peers are not asked for what lbd always does (X-Forwarded-*, Via): where a scenario does not name
header rules, they forward the head as it is.
"""

import http.client
import json
import os
import resource
import signal
import socket
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
        wait_until(lambda: echoes(self.tcp) if self.scenario.tcp else answers(self.http), f"{self.name} to serve", self)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path


class Tandem(Product):
    name = "lbd"
    binary = None  # set by the caller

    def argv(self):
        listener = {"name": "web", "protocol": "http", "address": "127.0.0.1", "port": self.http,
                    "default_target_group": "web"}
        if self.scenario.rules:
            listener["request_headers"] = {"set": {"X-Edge": "tandem"}}
            listener["response_headers"] = {"set": {"Strict-Transport-Security": "max-age=31536000"},
                                            "remove": ["Server"]}
        check = {"type": "tcp", "interval": "60s"}
        config = {
            "version": 1, "workers": 1,
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
        return [self.binary, "--config", self.write("tandem.json", json.dumps(config)), "--node", "bench",
                "--run-dir", self.directory, "--log-level", "warning"]


class Haproxy(Product):
    name = "haproxy"

    def argv(self):
        rules = """
  http-request set-header X-Edge tandem
  http-response set-header Strict-Transport-Security max-age=31536000
  http-response del-header Server""" if self.scenario.rules else ""
        log = "\n  log stdout format raw local0\n  option httplog" if self.scenario.log else ""
        bulk = "\n  tune.bufsize 65536" if self.scenario.bulk else ""
        config = self.write("haproxy.cfg", f"""
global
  nbthread 1
  maxconn {max_connections()}{bulk}
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-request 60s
  timeout http-keep-alive 600s
  http-reuse always
frontend web
  bind 127.0.0.1:{self.http}{log}{rules}
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
        return ["haproxy", "-db", "-f", config]


class Nginx(Product):
    name = "nginx"
    stream_module = "/usr/lib/nginx/modules/ngx_stream_module.so"

    def argv(self):
        rules = """
      proxy_set_header X-Edge tandem;
      add_header Strict-Transport-Security max-age=31536000;
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
        config = self.write("nginx.conf", f"""
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
  client_max_body_size 0;
  proxy_max_temp_file_size 0;
  upstream web {{ server 127.0.0.1:{BACKEND_HTTP}; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 600s; }}
  server {{
    listen 127.0.0.1:{self.http} reuseport backlog=4096;
    location / {{
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      {buffers}{rules}
    }}
  }}
}}{stream}
""")
        return ["nginx", "-e", self.directory / "error.log", "-c", config]


class Pump(Product):
    name = "pump"
    binary = None  # set by the caller

    def argv(self):
        port, to = (self.tcp, BACKEND_TCP) if self.scenario.tcp else (self.http, BACKEND_HTTP)
        return [self.binary, "--listen", f"127.0.0.1:{port}", "--backend", f"127.0.0.1:{to}"]


def listens(port):
    socket.create_connection(("127.0.0.1", port), 1).close()
    return True


def answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
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


PRODUCTS = {each.name: each for each in (Tandem, Haproxy, Nginx, Pump)}
