import pytest

pytest.register_assert_rewrite("tests.browser.driver", "tests.browser.people")
