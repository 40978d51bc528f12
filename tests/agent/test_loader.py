"""The loader: import strings, factories, packages; what cannot be loaded is one sentence."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspector.agent.process.loader import Loader, NamedValue, is_factory, required_arguments
from inspector.agent.process.trouble import LoadTrouble, explain, missing_settings

SHOP = {
    "shop_for_tests/__init__.py": "",
    "shop_for_tests/wiring.py": "class Container:\n    bus = {}\n\ncontainer = Container()\nhandlers = {}\n",
    "shop_for_tests/late.py": "bus = {1: 2}\n",
    "shop_for_tests/needy.py": "import package_nobody_has\n",
    "shop_for_tests/sub/__init__.py": "",
    "shop_for_tests/sub/__main__.py": "raise SystemExit('must not run')\n",
    "shop_for_tests/sub/deep.py": "events = []\n",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """A package on the path; gives what the loader tells of its progress."""
    for name, text in SHOP.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield []
    for name in [name for name in sys.modules if name.startswith("shop_for_tests")]:
        del sys.modules[name]


@pytest.fixture
def loader(shop: list[tuple[str, str]]) -> Loader:
    return Loader(lambda doing, what: shop.append((doing, what)))


def test_an_import_string_names_a_module_an_attribute_or_an_attribute_of_it(loader: Loader) -> None:
    assert loader.find("shop_for_tests.wiring").value.__name__ == "shop_for_tests.wiring"
    assert loader.find("shop_for_tests.wiring:handlers").value == {}
    assert loader.find("shop_for_tests.wiring:container.bus").value == {}
    assert loader.find("shop_for_tests:late.bus").value == {1: 2}  # a module that nobody has imported yet


@pytest.mark.parametrize(
    "statement",
    ["import {0}.bad", "import os, {0}.bad as b", "from {0} import bad", "from . import bad", "from .bad import x"],
)
def test_a_null_byte_in_a_source_names_the_file_wherever_it_is_imported(
    loader: Loader, tmp_path: Path, statement: str
) -> None:
    folder = tmp_path / "shop_for_tests"
    (folder / "bad.py").write_bytes(b"x = 1\n\n# \0\n")
    (folder / "outer.py").write_text(f"\ndef load():\n    {statement.format('shop_for_tests')}\n\nload()\n")
    for name in ("shop_for_tests.bad", "shop_for_tests.outer"):
        with pytest.raises(LoadTrouble) as caught:
            loader.find(name)
        assert caught.value.text == f"SyntaxError in {folder / 'bad.py'}:3: null byte in the source."
        assert caught.value.kind == "syntax"


def test_a_null_byte_in_what_is_no_source_is_told_as_what_it_is(loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "shop_for_tests" / "runs.py").write_text("compile('x = 1\\0', '<text>', 'exec')\n")
    with pytest.raises(LoadTrouble, match=r"while importing shop_for_tests\.runs .*runs\.py:1.*null bytes"):
        loader.find("shop_for_tests.runs")


def test_progress_is_told_before_each_import(loader: Loader, shop: list[tuple[str, str]]) -> None:
    loader.find("shop_for_tests:late.bus")
    assert shop == [("importing", "shop_for_tests"), ("importing", "shop_for_tests.late")]


@pytest.mark.parametrize(
    ("text", "kind", "says", "hint"),
    [
        (
            "shop_for_tests.wirign:bus",
            "missing_module",
            "No module named shop_for_tests.wirign.",
            "shop_for_tests.wiring?",
        ),
        ("shop_for_test:bus", "missing_module", "No module named shop_for_test.", "Did you mean shop_for_tests?"),
        (
            "shop_for_tests.wiring:handler",
            "missing_attribute",
            "No attribute handler in module shop_for_tests.wiring.",
            "Did you mean handlers?",
        ),
        (
            "shop_for_tests.wiring:container.buss",
            "missing_attribute",
            "No attribute buss in object shop_for_tests.wiring:container.",
            "Did you mean bus?",
        ),
        (
            "shop_for_tests.needy:bus",
            "missing_module",
            f"needs package_nobody_has, which is not installed for {sys.executable}",
            "Install it",
        ),
    ],
)
def test_what_is_not_there_is_told_with_a_guess(loader: Loader, text: str, kind: str, says: str, hint: str) -> None:
    with pytest.raises(LoadTrouble) as caught:
        loader.find(text)
    assert says in caught.value.text
    assert hint in caught.value.hint
    assert caught.value.kind == kind


def test_a_module_that_may_not_be_imported_is_not_to_be_installed(
    loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "package_nobody_has", None)
    with pytest.raises(LoadTrouble) as caught:
        loader.find("shop_for_tests.needy:bus")
    assert 'needs package_nobody_has, but sys.modules["package_nobody_has"] is None (' in caught.value.text
    assert caught.value.hint == ""


def test_a_module_in_a_folder_below_is_pointed_out(loader: Loader, tmp_path: Path) -> None:
    below = tmp_path / "src" / "shop_elsewhere"
    below.mkdir(parents=True)
    (below / "__init__.py").write_text("")
    with pytest.raises(LoadTrouble) as caught:
        loader.find("shop_elsewhere:bus")
    assert caught.value.text == "No module named shop_elsewhere."
    assert caught.value.hint == "Found in src: change the working directory."
    assert caught.value.typed == "--cwd DIR"


def test_a_package_is_scanned_and_what_is_broken_is_a_problem(loader: Loader) -> None:
    found = loader.load(["shop_for_tests.wiring"], ["shop_for_tests"], "shop_for_tests.wiring:absent")
    assert sorted(part.where for part in found.catalog) == [
        *("shop_for_tests", "shop_for_tests.late", "shop_for_tests.sub"),
        *("shop_for_tests.sub.deep", "shop_for_tests.wiring"),
    ]
    assert found.session is None
    assert [problem.where for problem in found.problems] == ["shop_for_tests.needy", "shop_for_tests.wiring:absent"]
    needy = found.problems[0].to_problem()
    assert (Path(needy.file).name, needy.line) == ("needy.py", 1)


def test_when_nothing_of_the_app_can_be_loaded_its_first_trouble_is_raised(loader: Loader) -> None:
    with pytest.raises(LoadTrouble, match="No module named absent"):
        loader.load(["absent:bus", "shop_for_tests.wiring:nothing"], [], None)


class Bus:
    def __call__(self, event: Any) -> None: ...


async def later() -> str:
    return "later"


@pytest.mark.parametrize(
    ("value", "gives"),
    [
        (lambda: "made", "made"),
        (later, "later"),
        (functools.partial(dict, a=1), {"a": 1}),
        (functools.lru_cache(lambda: "kept"), "kept"),
        (lambda setting="default", *rest, **more: setting, "default"),
        ("bus", "bus"),
        ({}, {}),
    ],
)
async def test_factories_are_called_and_awaited_and_anything_else_is_what_it_is(
    loader: Loader, value: Any, gives: Any
) -> None:
    assert (await loader.call(NamedValue("x:y", value))).value == gives


async def test_a_class_is_made_and_a_bus_that_can_be_called_is_not_called(loader: Loader) -> None:
    bus = Bus()
    assert type((await loader.call(NamedValue("x:Bus", Bus))).value) is Bus
    assert (await loader.call(NamedValue("x:bus", bus))).value is bus
    assert is_factory(bus.__call__)
    assert not is_factory(bus)


async def test_a_factory_that_needs_something_is_not_called(loader: Loader) -> None:
    assert required_arguments(lambda a, b=1, *c, d, e=2, **f: None) == ["a", "d"]
    with pytest.raises(LoadTrouble, match=r"Cannot call x:y: missing arguments settings\."):
        await loader.call(NamedValue("x:y", lambda settings: settings))


async def test_a_function_that_dispatches_by_class_is_no_factory_that_lacks_an_argument(loader: Loader) -> None:
    @functools.singledispatch
    def handle(event: Any) -> None:
        raise AssertionError(event)

    with pytest.raises(LoadTrouble, match="x:y is not a recognized bus") as trouble:
        await loader.call(NamedValue("x:y", handle))
    assert trouble.value.hint == "Name an object whose publish method calls it."


def caught(raise_it: Any) -> BaseException:
    try:
        raise_it()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def wrapped() -> None:
    try:
        os.environ["SHOP_SECRET_KEY"]
    except KeyError as error:
        raise RuntimeError("bad configuration") from error


def raising(error: BaseException) -> Any:
    def raise_it() -> None:
        raise error

    return raise_it


class UndefinedValueError(Exception):
    """As decouple's."""


@pytest.mark.parametrize(
    ("raise_it", "names"),
    [
        (lambda: os.environ["SHOP_DATABASE_URL"], ("SHOP_DATABASE_URL",)),
        (lambda: {}["SHOP_DATABASE_URL"], ()),
        (wrapped, ("SHOP_SECRET_KEY",)),
        (raising(RuntimeError("SHOP_TOKEN is not set")), ("SHOP_TOKEN",)),
        (raising(RuntimeError("environment variable TOKEN is required")), ("TOKEN",)),
        (raising(UndefinedValueError("REDIS not found. Declare it as envvar or define a default value.")), ("REDIS",)),
        (raising(KeyError("Config 'DEBUG' is missing, and has no default.")), ("DEBUG",)),
        (raising(RuntimeError("the OK button is missing")), ()),
        (raising(ImportError("SHOP_TOKEN is not set")), ()),
        (raising(ValueError("no")), ()),
    ],
)
def test_a_missing_setting_is_found_in_the_exception(raise_it: Any, names: tuple[str, ...]) -> None:
    assert missing_settings(caught(raise_it)) == names


class BaseSettings:
    """As pydantic's, in what is looked at."""

    model_config: dict[str, Any] = {"env_prefix": "shop_"}
    model_fields: dict[str, Any] = {"database_url": None}


class Settings(BaseSettings):
    def __init__(self) -> None:
        raise ValidationError


class ValidationError(Exception):
    def errors(self) -> list[dict[str, Any]]:
        missing = {"type": "missing", "loc": ("database_url",)}
        return [missing, {"type": "missing", "loc": ("REDIS_URL",)}, {"type": "int_parsing", "loc": ("port",)}]


def test_missing_fields_of_a_settings_class_are_variables_with_its_prefix() -> None:
    trouble = explain(caught(Settings), "shop.wiring:get_bus", calling=True)
    assert trouble.variables == ("SHOP_DATABASE_URL", "REDIS_URL")
    assert trouble.kind == "missing_setting"


def test_an_exception_whose_attributes_are_traps_is_told_all_the_same() -> None:
    error = SyntaxError("odd")
    error.filename, error.lineno = object(), "seven"  # type: ignore[assignment]
    assert "odd" in explain(error, "shop").text

    class Trap(ModuleNotFoundError):
        @property
        def name(self) -> str:  # type: ignore[override]
            raise ValueError("not your business")

    told = explain(Trap("x"), "shop")
    assert (
        told.text == "test_an_exception_whose_attributes_are_traps_is_told_all_the_same.Trap while importing shop."
        or ("Trap" in told.text and "could not be read" in told.hint)
    )
