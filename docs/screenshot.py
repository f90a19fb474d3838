"""Takes the picture of the page in the README.

arena page /tmp/site --from results && python docs/screenshot.py /tmp/site docs/page.png
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SIZE = {"width": 1280, "height": 1310}  # pixels


def main(site: Path, picture: Path) -> None:
    """Writes the front page, as a screen shows it, to a PNG file."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_page(viewport=SIZE)
        page.goto((site.resolve() / "index.html").as_uri())
        page.locator(".plot .main-svg").first.wait_for()
        page.screenshot(path=picture)
        chromium.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
