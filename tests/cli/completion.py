#!/usr/bin/env python3
"""Completion in bash, zsh and fish: each shell is run with the generated script and asked to complete.

Exit code 77 if one of the shells is missing (after testing the others)."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(os.environ['TANDEM_BIN']).resolve()
CONFIG = '''{ "version": 1,
  "cluster": { "name": "c", "nodes": [
    { "name": "lb1", "address": "192.0.2.11", "sync_address": "198.51.100.1" },
    { "name": "lb2", "address": "192.0.2.12", "sync_address": "198.51.100.2" } ] },
  "virtual_addresses": [ { "name": "vip-a", "addresses": ["192.0.2.100/24"], "interface": "eth0", "vrid": 1, "preferred_node": "lb1" } ],
  "target_groups": [ { "name": "shop", "backends": [ { "name": "s1", "address": "10.0.0.1:80" }, { "name": "s2", "address": "10.0.0.2:80" } ] } ] }'''

# What is typed, what must be offered, what must not.
CASES = [
    ('lbctl dr', ['drain'], ['enable']),
    ('lbctl ', ['status', 'init', 'completion'], ['s1']),
    ('lbctl drain --config {config} ', ['shop/s1', 'shop/s2'], ['vip-a', 'drain']),
    ('lbctl --config {config} weight shop/s', ['shop/s1', 'shop/s2'], ['vip-a']),
    ('lbctl --config {config} failover v', ['vip-a'], ['shop']),
    ('lbctl metrics ', ['lbd', 'vrrpd', 'syncd'], ['status']),
    ('lbctl completion ', ['bash', 'zsh', 'fish'], ['drain']),
    ('lbctl names b', ['backends'], ['nodes']),
    ('lbctl help wei', ['weight'], ['drain']),
    ('lbctl events --f', ['--follow'], ['--once']),
    ('lbctl status --j', ['--json'], ['--follow']),
    ('lbctl init --mode ', ['http', 'tcp'], ['status']),
    ('lbctl init --vrid 7 --backe', ['--backend'], ['--node']),
    ('lbctl check {directory}/tand', ['tandem.json'], []),
    ('lbctl init --output {directory}/tand', ['tandem.json'], []),
]

failures = 0


def verdict(shell, line, offered, wanted, unwanted):
    global failures
    missing = [word for word in wanted if not any(word in offer for offer in offered)]
    extra = [word for word in unwanted if word in offered]
    if missing or extra:
        failures += 1
        print(f'FAIL {shell}: {line!r} offers {offered}: missing {missing}, too much {extra}')


def complain(shell, line, errors):
    global failures
    if errors:
        failures += 1
        print(f'FAIL {shell}: {line!r} makes it say: {errors}')


def ask_bash(line, script):
    words = line.split(' ')
    program = f'''source {script}
        COMP_WORDS=({' '.join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; COMP_POINT={len(line)}
        _lbctl
        printf '%s\\n' "${{COMPREPLY[@]}}"'''
    run = subprocess.run(['bash', '--norc', '-c', program], capture_output=True, text=True, timeout=30)
    complain('bash', line, run.stderr)
    return [offer for offer in run.stdout.split('\n') if offer]


def ask_fish(line, script):
    run = subprocess.run(['fish', '--no-config', '-c', f"source {script}; complete -C '{line}'"], capture_output=True, text=True, timeout=30)
    complain('fish', line, run.stderr)
    return [offer.split('\t')[0] for offer in run.stdout.split('\n') if offer]


class Zsh:
    """zsh completes only on a terminal: one is made, and what it offers is collected by a function
    that stands in front of compadd and of _describe's own output."""
    READY = 'READY>'

    def __init__(self, script, home):
        environment = dict(os.environ, HOME=home, TERM='dumb', PS1=self.READY, PATH=f'{BIN}:{os.environ["PATH"]}')
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.execvpe('zsh', ['zsh', '-f', '-i'], environment)
        self.read_until(self.READY)
        for command in ('unsetopt zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -D',
                        f'source {script}',
                        # One line for each candidate, after a mark that nothing else prints.
                        '''compadd() { local -a got; builtin compadd -O got "$@"; print -rl -- "@@"${^got} >> $HOME/offers; builtin compadd "$@"; }''',
                        "LISTMAX=1000; setopt no_list_beep no_beep; bindkey '^T' complete-word; bindkey '^U' kill-whole-line; print -r -- SET\\UP"):
            self.send(command + '\n')
            self.read_until(self.READY)
        self.home = pathlib.Path(home)

    def send(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, *texts, seconds=20):
        """Reads until all of these have come, one after the other."""
        text = r'.*'.join(map(re.escape, texts))
        deadline, seen = time.monotonic() + seconds, ''
        while not re.search(text, seen, re.S):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise RuntimeError(f'zsh: {text!r} did not come; it said {seen!r}')
            seen += os.read(self.fd, 65536).decode(errors='replace')
        return seen

    def ask(self, line):
        offers = self.home / 'offers'
        offers.write_text('')
        # The widget is done when zsh takes the next command.
        self.send(line + '\x14')
        self.send('\x15print -r -- DO\\NE\n')
        # Before the next prompt the terminal itself would take what is typed, control characters and all.
        self.read_until('DONE', self.READY)
        return [offer[2:] for offer in offers.read_text().split('\n') if offer.startswith('@@') and len(offer) > 2]

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def main():
    missing = []
    os.environ['PATH'] = f'{BIN}:{os.environ["PATH"]}'
    with tempfile.TemporaryDirectory(prefix='tandem-completion-') as directory:
        config = pathlib.Path(directory, 'tandem.json')
        config.write_text(CONFIG)
        for shell in ('bash', 'zsh', 'fish'):
            if not shutil.which(shell):
                missing.append(shell)
                continue
            script = pathlib.Path(directory, f'lbctl.{shell}')
            script.write_text(subprocess.run([BIN / 'lbctl', 'completion', shell], check=True, capture_output=True, text=True).stdout)
            zsh = Zsh(script, directory) if shell == 'zsh' else None
            for line, wanted, unwanted in CASES:
                line = line.format(config=config, directory=directory)
                offered = zsh.ask(line) if zsh else (ask_bash if shell == 'bash' else ask_fish)(line, script)
                # Shells append a blank, a slash or a description.
                verdict(shell, line, [re.sub(r'[ /]$', '', offer) for offer in offered], wanted, unwanted)
            if zsh:
                zsh.close()
            print(f'{shell}: {len(CASES)} lines completed')
    if failures:
        return 1
    if missing:
        print(f'SKIPPED: {", ".join(missing)} not installed')
        return 77
    return 0


sys.exit(main())
