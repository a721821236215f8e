"""What all tests share: one deterministic hypothesis profile, and visible skips for what is slow or absent."""

from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("presscue", derandomize=True, deadline=None)
hypothesis.settings.load_profile("presscue")

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("slow") and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))
        if "data" in item.keywords and not DATA.is_dir():
            item.add_marker(pytest.mark.skip(reason="no recordings: ../shared/data is absent"))


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory):
    """What the user of this machine has paired and measured plays no part, and is not touched."""
    folder = tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRESSCUE_KEYS", str(folder / "keys.json"))
        patch.setenv("PRESSCUE_LATENCY", str(folder / "latency.json"))
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of recordings made by others; mark the test `data` so that it is skipped where there is none."""
    return DATA
