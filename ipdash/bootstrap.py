"""Makes .venv and installs a lock file into it, with nothing but Python itself.

Run by file name, not with -m: importing the package needs what is only installed here.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
LOCKS = ("requirements.txt", "requirements-dev.txt")  # each contains the ones before it

# The first pattern found in what pip or venv printed says what went wrong. Without a network pip also reports that it
# found no matching version, so the network comes before the platform.
CAUSES = [
    (
        r"No space left on device|Errno 28|Disk quota exceeded",
        ("磁盘已满，请腾出约 1 GB 空间后重试", "the disk is full: free about 1 GB and try again"),
    ),
    (
        r"ensurepip is not|No module named '?(venv|ensurepip)",
        (
            "此 Python 缺少 venv 模块（Debian、Ubuntu：sudo apt install python3-venv）",
            "this Python has no venv module (Debian, Ubuntu: sudo apt install python3-venv)",
        ),
    ),
    (
        r"DO NOT MATCH THE HASHES",
        (
            "下载的文件与锁定的校验值不符，未安装；请检查所用镜像",
            "a download does not match its locked hash and was not installed: check the package index in use",
        ),
    ),
    (
        (
            r"connection broken by|NewConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|ProxyError|SSLError"
            r"|Name or service not known|name resolution|Could not fetch URL|HTTP error \d+|[45]\d\d (Client|Server) Error"
        ),
        (
            "无法访问软件源，请检查网络，或用 PIP_INDEX_URL 指定镜像",
            "the package index cannot be reached: check the network, or name a mirror in PIP_INDEX_URL",
        ),
    ),
    (
        r"No matching distribution found|Could not find a version|is not a supported wheel",
        (
            "软件源中没有适合本机系统与 Python 版本的预编译包，且不在本机编译",
            "the index has no ready-built package for this system and Python, and none is compiled here",
        ),
    ),
]


class Stop(Exception):
    """Ends the run with one line."""


def main(arguments=None):
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", choices=LOCKS)
    parser.add_argument("--into", type=Path, default=BASE_DIR, help="project folder, which holds the locks and .venv")
    options = parser.parse_args(arguments)
    if sys.version_info < OLDEST:
        wanted, found = (".".join(map(str, version)) for version in (OLDEST, sys.version_info[:3]))
        return fail(f"需要 Python {wanted} 或更高版本，本机为 {found} / Python {wanted} or newer is needed, this is {found}")
    try:
        bring_up_to_date(options.into.resolve(), options.lock)
    except Stop as reason:
        return fail(reason)
    except OSError as error:
        return fail(explain(str(error)))
    except KeyboardInterrupt:
        return fail("安装已中断，下次会重新安装 / interrupted; the next run installs again")
    return 0


def fail(sentence):
    print(f"ipdash: {sentence}", file=sys.stderr)
    return 1


def bring_up_to_date(project, lock):
    """Leave .venv with everything the lock names; costs one start of Python when it is so already."""
    log = project / "var" / "log" / "install.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with (project / "var" / "install.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two runs at once: the second waits, then finds everything in place
        venv = project / ".venv"
        wanted = contents(project, venv, lock)
        if not is_sound(venv):
            build(venv, log)
        elif wanted.items() <= installed(venv).items():
            return
        print(f"ipdash: 正在安装依赖，首次约需一分钟 / installing {lock}; a minute the first time …", flush=True)
        install(venv, project / lock, log)
        stamp(venv).write_text(json.dumps(wanted))
        marker(venv).unlink()


def contents(project, venv, lock):
    """What the stamp says once the lock is installed: where the environment is, and each lock's hash that it satisfies."""
    satisfied = LOCKS[: LOCKS.index(lock) + 1]
    return {"venv": str(venv)} | {name: hashlib.sha256((project / name).read_bytes()).hexdigest() for name in satisfied}


def stamp(venv):
    return venv / "installed.json"


def marker(venv):
    """Stands in the environment for as long as packages in it may be half installed."""
    return venv / "installing"


def installed(venv):
    """The stamp, or {} when nothing was installed to the end."""
    try:
        return json.loads(stamp(venv).read_text())
    except (OSError, ValueError):
        return {}


def is_sound(venv):
    """Whether the environment can be kept: its Python runs, nothing was interrupted, and it was not moved here."""
    python = venv / "bin" / "python"
    if not python.exists() or marker(venv).exists() or installed(venv).get("venv", str(venv)) != str(venv):
        return False
    check = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0


def build(venv, log):
    # The Python this one was made from: the environment that is thrown away may be the active one.
    python = getattr(sys, "_base_executable", None) or sys.executable
    if venv.is_dir() and not venv.is_symlink():
        shutil.rmtree(venv)
    if run([python, "-m", "venv", "--clear", venv], log):
        output = log.read_text(errors="replace")
        shutil.rmtree(venv, ignore_errors=True)
        raise Stop(explain(output, log))


def install(venv, lock, log):
    command = [venv / "bin" / "python", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    marker(venv).touch()
    if not run([*command, "--require-hashes", "--only-binary", ":all:", "-r", lock], log):
        return
    output = log.read_text(errors="replace")
    if "Installing collected packages" not in output:
        marker(venv).unlink()  # pip gave up before it touched the environment
    raise Stop(explain(output, log))


def run(command, log):
    """The exit code; what the command prints goes to the log."""
    with log.open("w") as file:
        return subprocess.run(
            [str(part) for part in command], stdout=file, stderr=subprocess.STDOUT, env=plain_environment(), check=False
        ).returncode


def plain_environment():
    """The environment without what would send pip elsewhere or change the language of the messages read above."""
    away = {"PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_NO_BINARY", "PIP_REQUIRE_VIRTUALENV"}
    return {name: value for name, value in os.environ.items() if name not in away} | {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}


def explain(output, log=None):
    """One sentence, Chinese and English, for what pip or venv printed."""
    known = [" / ".join(sentences) for pattern, sentences in CAUSES if re.search(pattern, output)]
    if known:
        sentence = known[0]
    else:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("ERROR", "Error"))]
        sentence = f"依赖安装失败 / installing failed: {(errors or lines or ['?'])[-1]}"
    return f"{sentence} [{log}]" if log else sentence


if __name__ == "__main__":
    sys.exit(main())
