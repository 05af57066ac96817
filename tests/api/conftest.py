"""One proxy for all tests of a module; each test is another caller, who sees what it recorded."""

from tests.api.readers import Reader, reader
from tests.e2e.conftest import key, stage

__all__ = ["Reader", "key", "reader", "stage"]
