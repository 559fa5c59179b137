#!/usr/bin/env python3
"""The manual says what the programs do: pages are clean mdoc, lbctl(8) is the grammar, the daemons' options are
those of --help, tandem.json(5) has every key, and the messages in tandem(7) are those of the sources."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ['TANDEM_BIN'])
MAN = ROOT / 'man'
KEYS = BIN.parent / 'generated/tandem.json.5'
failures = 0


def fail(text):
    global failures
    failures += 1
    print(f'FAIL {text}')


def output(program, *words):
    return subprocess.run([BIN / program, *words], capture_output=True, text=True, timeout=30).stdout


def section(page, name):
    """The lines of one .Sh section."""
    found = re.search(rf'^\.Sh {re.escape(name)}\n(.*?)(?=^\.Sh |\Z)', page, re.M | re.S)
    if not found:
        fail(f'there is no section {name}')
        return ''
    return found[1]


def lint():
    pages = sorted(MAN.glob('*.[578]')) + [KEYS]
    run = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', *pages], capture_output=True, text=True)
    for line in (run.stdout + run.stderr).splitlines():
        if 'mandoc.db' not in line:
            fail(f'lint: {line}')


def words_of(macro_line):
    """What an .It line shows, without macros and brackets: 'weight GROUP/BACKEND N'."""
    words = [word for word in macro_line.split()[1:] if word not in ('Cm', 'Ar', 'Op', 'Oo', 'Oc', 'Fl', ',')]
    return ['-' + word if word.startswith('-') and len(word) > 1 else word for word in words]


def commands_of(page):
    """{command: (argument placeholders, {option: placeholder})} as the section COMMANDS says."""
    commands, current = {}, None
    for line in section(page, 'COMMANDS').splitlines():
        if line.startswith('.It Cm '):
            words = words_of(line)
            current = words[0]
            arguments, skip = [], False
            for before, word in zip(words[:-1], words[1:]):
                if word.startswith('--') or word == '...' or before.startswith('--peer') or word == 'option':
                    continue
                arguments.append(word)
            commands[current] = (arguments, {})
        elif line.startswith('.It Fl ') and current:
            words = words_of(line)
            commands[current][1][words[0]] = words[1] if len(words) > 1 else ''
    return commands


def lbctl():
    page = (MAN / 'lbctl.8').read_text()
    grammar = json.loads(output('lbctl', 'help', '--json'))
    described = commands_of(page)
    for command in grammar['commands']:
        name = command['command']
        if name not in described:
            fail(f'lbctl(8) lacks the command {name}')
            continue
        arguments, options = described.pop(name)
        wanted = [argument['argument'] for argument in command['arguments']]
        if arguments != wanted:
            fail(f'lbctl(8): {name} takes {wanted}, not {arguments}')
        wanted = {option['option']: option['value'] for option in command['options']}
        if options != wanted:
            fail(f'lbctl(8): options of {name}: {sorted(wanted.items() ^ options.items())} differ')
    for name in described:
        fail(f'lbctl(8) describes {name}, which does not exist')
    for option in grammar['options']:
        if f'.It Fl -{option["option"][2:]}' not in section(page, 'DESCRIPTION'):
            fail(f'lbctl(8) lacks the global option {option["option"]}')
    codes = re.findall(r'(\d) ', re.search(r'^exit status: (.*)$', output('lbctl', 'help'), re.M)[1])
    if re.findall(r'^\.It (\d)$', section(page, 'EXIT STATUS'), re.M) != codes:
        fail('lbctl(8): the exit statuses are not those of `lbctl help`')


def daemons():
    for daemon in ('lbd', 'vrrpd', 'syncd'):
        page = (MAN / f'{daemon}.8').read_text()
        told = set(re.findall(r'(--[a-z-]+)', output(daemon, '--help')))
        shown = {'-' + option for option in re.findall(r'Fl (-[a-z-]+)', page)}
        if told != shown | {'--help', '--version'} or not {'--config', '--run-dir'} <= shown:
            fail(f'{daemon}(8) has the options {sorted(shown)}, --help {sorted(told)}')
        for number in (0, 1, 2):
            if not re.search(rf'\b{number}\b', section(page, 'EXIT STATUS')):
                fail(f'{daemon}(8) does not explain exit status {number}')


def keys():
    page = KEYS.read_text()
    schema = json.loads(output('lbctl', 'schema'))
    properties = [schema['properties'], *(one['properties'] for one in schema['definitions'].values())]
    for name, key in ((name, key) for one in properties for name, key in one.items()):
        entries = [text for text in re.split(r'^\.It Cm ', page, flags=re.M) if text.startswith(f'"\\&{name}"')]
        if not entries:
            fail(f'tandem.json(5) lacks {name}')
        default = key.get('default')
        shown = json.dumps(default).replace('"', r'\(dq') if default not in (None, {}, []) else None
        if shown and not any(shown in entry for entry in entries):
            fail(f'tandem.json(5): {name} lacks the default {shown}')
        if not all('Example:' in entry for entry in entries):
            fail(f'tandem.json(5): {name} lacks an example')


def example():
    """The example in tandem.json(5) is a configuration."""
    text = re.search(r'^\.Bd -literal -offset indent\n(\{.*?)^\.Ed', KEYS.read_text(), re.M | re.S)[1]
    run = subprocess.run([BIN / 'lbctl', 'check', '/dev/stdin'], input=text, capture_output=True, text=True)
    if run.returncode != 0:
        fail(f'the example in tandem.json(5): {run.stdout}')


def messages():
    """Every quoted message under TROUBLESHOOTING comes from the sources; names and numbers in it are samples."""
    literals = []
    for folder in ('common', 'lbd', 'vrrpd', 'syncd', 'lbctl'):
        for file in (ROOT / folder).rglob('*.cpp'):
            text = re.sub(r'"\s*\n\s*"', '', file.read_text())
            literals.append(text.replace('\\"', '"'))
    sources = '\n'.join(literals)
    samples = r'\b(?:shop|vip-1|lb2|lbd)\b|/run/tandem/lbd\.sock|/etc/tandem/cluster\.key|:'
    quoted = re.findall(r'^\.It Dq (.*)$', section((MAN / 'tandem.7').read_text(), 'TROUBLESHOOTING'), re.M)
    for message in quoted:
        for part in re.split(samples, message):
            part = part.strip()
            if len(part) > 3 and part not in sources:
                fail(f'tandem(7): no source says {part!r} of {message!r}')
    if len(quoted) < 8:
        fail('tandem(7): too few messages')


def main():
    if not shutil.which('mandoc'):
        print('SKIPPED: mandoc is not installed')
        return 77
    for check in (lint, lbctl, daemons, keys, example, messages):
        check()
    return 1 if failures else 0


sys.exit(main())
