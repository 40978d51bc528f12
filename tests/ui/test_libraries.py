"""Qt's system libraries: one sentence instead of an abort."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.ui.libraries import (
    PACKAGES,
    libraries_trouble,
    missing_packages,
    packages_of,
    platforms_of,
    plugin_folders,
)

ROOT = Path(__file__).resolve().parents[2]


def without(*libraries: str) -> Callable[[str], object]:
    """Return a loader of a system that lacks these libraries; every plugin of Qt links the first."""

    def load(name: str) -> object:
        lacking = libraries[:1] if "/" in name else [library for library in libraries if library == name]
        if lacking:
            raise OSError(f"{lacking[0]}: cannot open shared object file: No such file or directory")
        return object()

    return load


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    for platform in ("offscreen", "wayland", "xcb"):
        (tmp_path / f"libq{platform}.so").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "platforms"),
    [
        ({}, []),
        ({"DISPLAY": ":0"}, ["xcb"]),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, ["wayland", "xcb"]),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, ["offscreen"]),
        ({"QT_QPA_PLATFORM": "wayland-egl;xcb:xinput"}, ["wayland-egl", "xcb"]),
    ],
)
def test_platforms_are_those_that_qt_tries(environment: dict[str, str], platforms: list[str]) -> None:
    assert platforms_of(environment) == platforms


def test_what_is_missing_is_told_with_platform_library_and_the_packages_that_bring_it(plugins: Path) -> None:
    trouble = libraries_trouble({"DISPLAY": ":0"}, without("libxcb-cursor.so.0", "libEGL.so.1"), [plugins])
    assert trouble == (
        "Qt cannot start on xcb: libxcb-cursor.so.0 is missing. Install the Debian packages libegl1 libxcb-cursor0."
    )


def test_a_library_whose_package_is_not_known_names_all_packages_of_the_platform(plugins: Path) -> None:
    trouble = libraries_trouble({"WAYLAND_DISPLAY": "wayland-0"}, without("libodd.so.9"), [plugins])
    assert "wayland: libodd.so.9 is missing" in trouble
    assert trouble.endswith(" ".join([*PACKAGES["offscreen"], *PACKAGES["wayland"]]) + ".")


def test_one_platform_that_loads_is_enough(plugins: Path) -> None:
    def load(name: str) -> object:
        if "wayland" in name:
            raise OSError("libwayland-egl.so.1: cannot open shared object file")
        return object()

    assert libraries_trouble({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, load, [plugins]) == ""
    assert "on wayland" in libraries_trouble({"QT_QPA_PLATFORM": "wayland"}, load, [plugins])


def test_a_platform_that_qt_does_not_have_is_told_with_those_it_has(plugins: Path) -> None:
    assert libraries_trouble({"QT_QPA_PLATFORM": "windows"}, without(), [plugins]) == (
        "Unknown Qt platform windows. Set QT_QPA_PLATFORM to one of offscreen, wayland, xcb."
    )


def test_nothing_is_said_of_a_qt_whose_plugins_lie_elsewhere(tmp_path: Path) -> None:
    assert libraries_trouble({"DISPLAY": ":0"}, without("libEGL.so.1"), [tmp_path / "none"]) == ""


def test_plugins_are_looked_for_where_the_variables_of_qt_say_and_in_pyside(tmp_path: Path) -> None:
    named = {"QT_QPA_PLATFORM_PLUGIN_PATH": "/one", "QT_PLUGIN_PATH": "/two:/three"}
    folders = plugin_folders(named)
    assert folders[:3] == [Path("/one"), Path("/two/platforms"), Path("/three/platforms")]
    assert (folders[-1] / "libqoffscreen.so").is_file()


def test_here_nothing_is_missing() -> None:
    assert libraries_trouble({"QT_QPA_PLATFORM": "offscreen"}) == ""
    assert missing_packages("offscreen") == []


def test_set_up_installs_the_same_packages() -> None:
    command = [sys.executable, "-m", "inspector.ui.libraries", "offscreen", "xcb"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert printed == packages_of(["xcb"])
    setup = (ROOT / "tools" / "setup").read_text("utf-8")
    assert "inspector.ui.libraries" in setup
    assert [package for package in printed if package in setup] == []


@pytest.mark.parametrize("words", [[], ["demo", "--screenshot", "picture.png"]], ids=["window", "demo"])
def test_a_window_that_cannot_start_ends_with_one_sentence(words: list[str], tmp_path: Path) -> None:
    """A plugin that cannot be loaded; without the check Qt would abort (SIGABRT)."""
    (tmp_path / "libqxcb.so").touch()
    environment = os.environ | {"QT_QPA_PLATFORM": "xcb", "QT_QPA_PLATFORM_PLUGIN_PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "inspector", *words],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("inspector: Qt cannot start on xcb: ")
    assert "Install the Debian packages lib" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout


def test_what_is_missing_can_be_told_where_qt_cannot_be_loaded() -> None:
    code = (
        "import sys, runpy; sys.modules['PySide6.QtCore'] = None; sys.argv = ['libraries', 'offscreen'];"
        "runpy.run_module('inspector.ui.libraries', run_name='__main__')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "libglib2.0-0" in ran.stdout.split(), ran.stderr
