"""A browser that gives no answer while no rule is asked holds nothing up."""

import subprocess
import sys

from fixtures.apps.builds import ROOT

STOPPED = """
import os, signal
import psutil
from playwright.sync_api import Error, sync_playwright
from fixtures.page.bounded import in_bounded_time
from fixtures.page.browser import start
from fixtures.page.processes import driver_below_this_process, is_alive

playwright = sync_playwright().start()
context = start(playwright).new_context()
context.new_page()
driver = driver_below_this_process()
for process in driver.children(recursive=True):
    process.suspend()
try:
    with in_bounded_time(1.0):
        context.close()
except Error as problem:
    print(problem.message)
print("driver lives:", is_alive(driver))
"""


def test_a_browser_that_is_stopped_while_a_tab_is_closed_is_ended_with_the_driver() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STOPPED], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )

    # Which of the two is heard of first, the browser's end or the driver's, is chance.
    told, driver = ended.stdout.splitlines()
    assert told.endswith("closed"), ended
    assert driver == "driver lives: False"
