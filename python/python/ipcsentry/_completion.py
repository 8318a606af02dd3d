"""Shell completion of the command `ipcsentry`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ._alert import SEVERITIES
from ._native import FORMATS

FLAGS: dict[str, str] = {
    "--format": "format",
    "--host": "text",
    "--include": "text",
    "--follow": "",
    "--lateness": "text",
    "--threads": "text",
    "--state": "file",
    "--policy": "file",
    "--check-policy": "file",
    "--rules": "file",
    "--only-rules": "",
    "--check-rules": "file",
    "--baseline": "file",
    "--min-severity": "severity",
    "--since": "text",
    "--until": "text",
    "--explain": "text",
    "--near-misses": "",
    "--exposure": "",
    "--timeline": "text",
    "--process": "text",
    "--coverage": "",
    "--remedy": "",
    "--suppressed": "",
    "--profile": "text",
    "--output": "output",
    "--digest": "",
    "--learn": "file",
    "--check-baseline": "file",
    "--baseline-diff": "file",
    "--baseline-policy": "file",
    "--scenarios": "",
    "--suggest": "file",
    "--replay": "file",
    "--export": "file",
    "--all": "",
    "--strict": "",
    "--help": "",
    "--version": "",
}
"""Each flag with the kind of its value; empty if it has none."""

_OUTPUTS = ("table", "ndjson", "ecs", "ocsf", "stix", "csv", "html", "junit", "navigator")
_VALUES = {"format": FORMATS, "severity": SEVERITIES, "output": _OUTPUTS}


def completion(arguments: Sequence[str]) -> int:
    """Prints the completion script of a shell; returns the exit status."""
    scripts = {"bash": _bash, "zsh": _zsh, "fish": _fish}
    if len(arguments) != 1 or arguments[0] not in scripts:
        print(f"ipcsentry: --completion needs a shell: {', '.join(scripts)}", file=sys.stderr)
        return 2
    print(scripts[arguments[0]]())
    return 0


def _bash() -> str:
    cases = "".join(
        f'        {"|".join(flag for flag, kind in FLAGS.items() if kind == name)}) '
        f'COMPREPLY=($(compgen -W "{" ".join(values)}" -- "$word")); return ;;\n'
        for name, values in _VALUES.items()
    )
    return (
        "_ipcsentry() {\n"
        '    local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]}\n'
        f'    case $last in\n{cases}    esac\n'
        f'    if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "{" ".join(FLAGS)}" -- "$word")); return; fi\n'
        "    compopt -o filenames 2>/dev/null\n"
        '    COMPREPLY=($(compgen -f -- "$word"))\n'
        "}\n"
        "complete -F _ipcsentry ipcsentry"
    )


def _zsh() -> str:
    def spec(flag: str, kind: str) -> str:
        many = "*" if flag in ("--include", "--rules") else ""
        if not kind:
            return f"'{flag}'"
        action = f"({' '.join(_VALUES[kind])})" if kind in _VALUES else "_files" if kind == "file" else ""
        return f"'{many}{flag}=:{kind}:{action}'"

    specs = " ".join(spec(flag, kind) for flag, kind in FLAGS.items())
    return f"#compdef ipcsentry\n_arguments {specs} '*:file:_files'"


def _fish() -> str:
    lines = []
    for flag, kind in FLAGS.items():
        line = f"complete -c ipcsentry -l {flag[2:]}"
        if kind in _VALUES:
            line += f" -x -a '{' '.join(_VALUES[kind])}'"
        elif kind:
            line += " -r" if kind == "file" else " -x"
        lines.append(line)
    return "\n".join(lines)
