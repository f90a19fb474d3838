"""MiniWoB++: small tasks on small web pages, in a real Chromium.

The pages are those of the package `miniwob` (runtime `miniwob`, with Playwright); the browser is the machine's. One
browser serves all environments of a process, each in a page of its own. Of the 130 pages `hover-shape` is left out: it
never ends and pays nothing; the four FlightWoB sites too, copies of airlines' pages that need a server of their own.
"""

from __future__ import annotations

from typing import NamedTuple

from arena import EnvSpec, Reference, register
from arena.envs.references import measured
from arena.envs.web.chromium import needs_chromium
from arena.envs.web.miniwob.oracle import SOLVED


class Task(NamedTuple):
    """A page; after how many steps an episode is cut, and how many ms pass on the page after each."""

    name: str
    description: str
    steps: int = 30
    tick: int = 500


TASKS = (
    Task("ascending-numbers", "Click on the numbers in ascending order."),
    Task("bisect-angle", "Find the line that bisects an angle evenly in two."),
    Task("book-flight-nodelay", "As book-flight: removed animation.", 50),
    Task("book-flight", "Search for flight results.", 50),
    Task("button-delay", "Press one button, then the other after the stated number of seconds."),
    Task("buy-ticket", "Buy a ticket that matches the requested criteria.", 50),
    Task("chase-circle", "Keep the mouse inside a moving circle.", 110, 100),
    Task("choose-date-easy", "As choose-date: December only.", 50),
    Task("choose-date-medium", "As choose-date: December or November only.", 50),
    Task("choose-date-nodelay", "As choose-date: removed animation.", 50),
    Task("choose-date", "Learn to operate a date picker tool.", 50),
    Task("choose-list", "Choose an item from a drop down list."),
    Task("circle-center", "Find the center of a circle."),
    Task("click-button-sequence", "Click on buttons in a certain order."),
    Task("click-button", "Click on a specific button in a generated form."),
    Task("click-checkboxes-large", "As click-checkboxes: click at least 5 out of up to 12 checkboxes.", 50),
    Task("click-checkboxes-soft", "As click-checkboxes: paraphrased entries."),
    Task("click-checkboxes-transfer", "As click-checkboxes: train and test on different number of targets."),
    Task("click-checkboxes", "Click desired checkboxes."),
    Task("click-collapsible-2-nodelay", "As click-collapsible-2: removed animation."),
    Task("click-collapsible-2", "Find and click on a specified link, from collapsible elements."),
    Task("click-collapsible-nodelay", "As click-collapsible: removed animation."),
    Task("click-collapsible", "Click a collapsible element to expand it."),
    Task("click-color", "Click the specified color."),
    Task("click-dialog-2", "Click a specific button in a dialog box."),
    Task("click-dialog", "Click the button to close the dialog box."),
    Task("click-link", "Click on a specified link in text."),
    Task("click-menu-2", "Find a specific item from a menu."),
    Task("click-menu", "Click menu items."),
    Task("click-option", "Click option boxes."),
    Task("click-pie-nodelay", "As click-pie: removed animation."),
    Task("click-pie", "Click items on a pie menu."),
    Task("click-scroll-list", "Click multiple items from a scroll list."),
    Task("click-shades", "Click the shades that match a specified color."),
    Task("click-shape", "Click on a specific shape."),
    Task("click-tab-2-easy", "As click-tab-2: only one tab."),
    Task("click-tab-2-hard", "As click-tab-2: varying number of tabs from 2 to 6.", 50),
    Task("click-tab-2-medium", "As click-tab-2: choose between a link or 'no match'."),
    Task("click-tab-2", "Click a link inside a specific tab element."),
    Task("click-tab", "Click on a tab element."),
    Task("click-test-2", "Click on one of two buttons."),
    Task("click-test-transfer", "As click-test: different buttons during train and test."),
    Task("click-test", "Click on a single button."),
    Task("click-widget", "Click on a specific widget in a generated form."),
    Task("copy-paste-2", "Copy text from a specific textarea and paste it into an input."),
    Task("copy-paste", "Copy text and paste it into an input."),
    Task("count-shape", "Count number of shapes."),
    Task("count-sides", "Count the number of sides on a shape."),
    Task("daily-calendar", "Create an event on a daily calendar.", 50),
    Task("drag-box", "Drag the smaller box into the larger box."),
    Task("drag-circle", "Drag an item in a specified direction."),
    Task("drag-cube", "Drag a 3D cube to show a specific face."),
    Task("drag-items-grid", "Drag items in a 2D grid around.", 50),
    Task("drag-items", "Drag items in a list, in a specified direction."),
    Task("drag-shapes-2", "Drag shapes into boxes, categorized by type."),
    Task("drag-shapes", "Drag shapes into a box."),
    Task("drag-single-shape", "Drag a randomly generated shape in a specified direction."),
    Task("drag-sort-numbers", "Drag numbers into sorted ascending order.", 50),
    Task("draw-circle", "Draw a circle around a marked point."),
    Task("draw-line", "Draw a line through a marked point."),
    Task("email-inbox-delete", "As email-inbox: no scrolling, one kind of errand."),
    Task("email-inbox-forward-nl-turk", "As email-inbox-forward: varied instruction texts (100 templates)."),
    Task("email-inbox-forward-nl", "As email-inbox-forward: varied instruction texts (30 templates)."),
    Task("email-inbox-forward", "As email-inbox: no scrolling, one kind of errand."),
    Task("email-inbox-important", "As email-inbox: no scrolling, one kind of errand."),
    Task("email-inbox-nl-turk", "As email-inbox: varied instruction texts (100 templates for each subtask).", 50),
    Task("email-inbox-noscroll", "As email-inbox: no scrolling."),
    Task("email-inbox-reply", "As email-inbox: no scrolling, one kind of errand."),
    Task("email-inbox-star-reply", "As email-inbox: no scrolling, two kinds of errand."),
    Task("email-inbox", "Navigate through an email inbox and perform some actions.", 50),
    Task("enter-date", "Use the date input to pick the correct date."),
    Task("enter-password", "Enter the password into the form."),
    Task("enter-text-2", "Convert given text to upper or lower case."),
    Task("enter-text-dynamic", "Enter dynamically generated text to a textfield."),
    Task("enter-text", "Enter given text to a textfield."),
    Task("enter-time", "Enter the specified time into the input."),
    Task("find-greatest", "Find the card with the greatest number."),
    Task("find-midpoint", "Find the shortest mid-point of two points."),
    Task("find-word", "Find nth word in a block of text."),
    Task("focus-text-2", "Focus on a specific text input."),
    Task("focus-text", "Focus into a text input."),
    Task("form-sequence-2", "Perform a series of instructions on a form."),
    Task("form-sequence-3", "Perform a series of instructions on a form.", 50),
    Task("form-sequence", "Perform a series of instructions on a form."),
    Task("generate-number", "Generate a random number that meets certain criteria."),
    Task("grid-coordinate", "Find the Cartesian coordinates on a grid."),
    Task("guess-number", "Guess the number.", 50),
    Task("highlight-text-2", "Highlight the specified paragraph."),
    Task("highlight-text", "Highlight all the text."),
    Task("hot-cold", "Find and click on the hot area."),
    Task("identify-shape", "Identify a randomly generated shape."),
    Task("login-user-popup", "As login-user: random popup."),
    Task("login-user", "Enter user login details into the form."),
    Task("moving-items", "Click the circles as they move across the page.", 110, 100),
    Task("multi-layouts", "Fill in forms of varying layouts.", 50),
    Task("multi-orderings", "Fill in forms with shuffled field orderings.", 50),
    Task("navigate-tree", "Navigate a file tree to find a specified file or folder."),
    Task("number-checkboxes", "Draw a given number using checkboxes.", 50),
    Task("odd-or-even", "Mark each number as odd or even.", 50),
    Task("order-food", "Order food items from a menu.", 50),
    Task("phone-book", "Find a contact in a phone book.", 50),
    Task("read-table-2", "Read multiple pieces of information out from a table."),
    Task("read-table", "Read information out from a table."),
    Task("resize-textarea", "Resize a textarea in a given direction."),
    Task("right-angle", "Given two points, add a third point to create a right angle."),
    Task("scroll-text-2", "Scroll through a text area in a given direction.", 50),
    Task("scroll-text", "Scroll through a text area element and enter last word into text area."),
    Task("search-engine", "Search through a bunch of results to find a specified link."),
    Task("sign-agreement", "Sign a user agreement."),
    Task("simon-says", "Watch a sequence of colours and repeat it.", 60, 100),
    Task("simple-algebra", "Solve for X."),
    Task("simple-arithmetic", "Perform some arithmetic math operations."),
    Task("social-media-all", "As social-media: do some action on all matching entries.", 50),
    Task("social-media-some", "As social-media: do some action on some matching entries.", 50),
    Task("social-media", "Interact with a social media feed.", 50),
    Task("stock-market", "Buy from the stock market below a specified price.", 110, 100),
    Task("terminal", "Use the terminal to delete a file.", 50),
    Task("text-editor", "Modify a text's style in a text-editor.", 50),
    Task("text-transform", "Enter slightly transformed text into a text box."),
    Task("tic-tac-toe", "Win a game of tic-tac-toe."),
    Task("unicode-test", "Click on the button with the correct Unicode text."),
    Task("use-autocomplete-nodelay", "As use-autocomplete: removed delay."),
    Task("use-autocomplete", "Use autocomplete element efficiently."),
    Task("use-colorwheel-2", "Use a color wheel given specific random color."),
    Task("use-colorwheel", "Use a color wheel."),
    Task("use-slider-2", "Use sliders to create a given combination."),
    Task("use-slider", "Use a slider to select a particular value."),
    Task("use-spinner", "Use a spinner to select given number.", 50),
    Task("visual-addition", "Count the total number of blocks."),
)
_VIEWS = {"array": "ArrayView", "text/v1": "TextView", "oracle": "OracleView"}

for _task in TASKS:
    _id = f"miniwob/{_task.name}-v0"
    _views = {name: f"{__name__}.views:{view}" for name, view in _VIEWS.items()}
    if _task.name not in SOLVED:
        del _views["oracle"]
    register(
        EnvSpec(
            id=_id,
            random=measured(_id),
            expert=Reference(1.0, "the optimum: every task can be done") if _task.name in SOLVED else None,
            entry_point=f"{__name__}.environment:MiniWob",
            kwargs={"task": _task.name, "steps": _task.steps, "tick": _task.tick},
            domain="web",
            max_steps=_task.steps,
            metric="success",
            score_range=(0.0, 1.0),
            views=_views,
            oracle="oracle" if _task.name in SOLVED else "",
            needs=needs_chromium(get="arena install miniwob"),
            packages=("miniwob", "playwright"),
            runtime="miniwob",
            tags=("browser", "chromium"),
            description=_task.description,
            observation="The task and the page's visible elements with their places, as text.",
            action="A click, typing, a key, a drag or the like, as text: by element or by point.",
            reward="What the task pays at its end, -1 to 1, without decay by wall-clock time.",
            source="Shi et al. 2017; Liu et al. 2018, arXiv:1802.08802; "
            "https://github.com/Farama-Foundation/miniwob-plusplus",
        )
    )
