"""The pages in Chromium against a real server with New York's real day, then with Beijing's real winter.

usage: web_test.py CHENGSHU_BINARY      (web/dist must be built, web/node_modules installed)
"""

import os
import subprocess
import sys
import tempfile

import server


def stations(binary, pages):
    """Beijing's stations with the last hours of their real winter."""
    with tempfile.TemporaryDirectory() as folder:
        one = server.Server(binary, folder, settings=[f"web.folder={pages}"], city="cities/beijing")
        one.set_up()
        one.run("replay", "cities/beijing", "--reports", "20")
        one.start()
        try:
            environment = dict(os.environ, CHENGSHU_URL=f"http://127.0.0.1:{one.port}", CHENGSHU_THINGS="12", CHENGSHU_DAY="2016-02-28")
            for choice in (["--test-name-pattern=terminal", "test/e2e/pages.test.mjs"], ["test/e2e/indicator-pages.test.mjs"]):
                subprocess.run(["node", "--test", *choice], cwd=server.SOURCE / "web", env=environment, check=True, timeout=600)
        finally:
            one.stop()


def main():
    pages = server.SOURCE / "web" / "dist"
    assert (pages / "index.html").exists(), "build the pages first: cd web && npm ci && npm run build"
    with tempfile.TemporaryDirectory() as folder:
        one = server.Server(sys.argv[1], folder, settings=[f"web.folder={pages}"], city="cities/newyork")
        one.set_up()
        one.run("replay", "cities/newyork")
        one.start()
        try:
            environment = dict(os.environ, CHENGSHU_URL=f"http://127.0.0.1:{one.port}")
            subprocess.run(["npm", "run", "--silent", "e2e"], cwd=server.SOURCE / "web", env=environment, check=True, timeout=600)
        finally:
            one.stop()
    stations(sys.argv[1], pages)


if __name__ == "__main__":
    main()
