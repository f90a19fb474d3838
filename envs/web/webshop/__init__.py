"""WebShop: buy what an instruction says among the products of a real shop, from the files that its authors released.

The environment variable ARENA_WEBSHOP names a folder with them: `items_shuffle_1000.json` and `items_ins_v2_1000.json`
(a thousand products, with machine-made instructions), or `items_shuffle.json`, `items_ins_v2.json` and
`items_human_ins.json` (1.18 million products, 12,087 instructions that people wrote; it takes a machine with tens of
gigabytes of memory and some minutes to read them, once per process). `setup.sh` of github.com/princeton-nlp/WebShop
downloads them.
"""

from __future__ import annotations

from typing import NamedTuple

from arena import EnvSpec, Needs, Reference, register
from arena.envs.web.webshop.catalogue import FOLDER

__all__: list[str] = []

_GET = (
    f"export {FOLDER}=FOLDER, and put there {{}}, which `setup.sh -d {{}}` of "
    "https://github.com/princeton-nlp/WebShop downloads"
)
_SMALL = ("items_shuffle_1000.json", "items_ins_v2_1000.json", "")
_ALL = ("items_shuffle.json", "items_ins_v2.json", "items_human_ins.json")


class _Row(NamedTuple):
    """An environment: its name, the files (products, attributes, people's instructions), the split and what it is."""

    name: str
    files: tuple[str, str, str]
    split: str
    description: str
    expert: Reference | None = None


_ROWS = (
    _Row(
        "WebShop", _ALL, "test", "1.18 million products; the 500 instructions of people that are held out for tests.",
        Reference(0.821, "Yao et al. 2022, arXiv 2207.01206: human experts in the original"),
    ),
    _Row("WebShop-dev", _ALL, "dev", "1.18 million products; 1000 instructions of people to choose models by."),
    _Row("WebShop-train", _ALL, "train", "1.18 million products; the other instructions of people, to train on."),
    _Row("WebShop-small", _SMALL, "all", "A thousand products; machine-made instructions, each choice of options."),
)  # fmt: skip

for _row in _ROWS:
    _items, _attributes, _human = _row.files
    _names = [name for name in _row.files if name]
    register(
        EnvSpec(
            id=f"webshop/{_row.name}-v0",
            expert=_row.expert,
            entry_point=f"{__name__}.environment:WebShop",
            kwargs={"items": _items, "attributes": _attributes, "human": _human, "split": _row.split},
            domain="web",
            max_steps=100,
            metric="score",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            views={
                "array": f"{__name__}.views:ArrayView",
                "text/v1": f"{__name__}.views:TextView",
                "oracle": f"{__name__}.views:OracleView",
            },
            oracle="oracle",
            needs=Needs(
                files=tuple(f"${FOLDER}/{name}" for name in _names),
                get=_GET.format(", ".join(_names), "small" if _row.files == _SMALL else "all"),
            ),
            packages=("numpy",),
            tags=("shop", "search", *(["human instructions"] if _human else [])),
            description=_row.description,
            observation="Text: the instruction and the page; what can be clicked stands in brackets.",
            action="Text: search[words] on the search page, else click[name].",
            reward="At the purchase, 0 to 1: how well it meets what was asked for.",
            source="Yao et al. 2022, arXiv 2207.01206, https://github.com/princeton-nlp/WebShop",
        )
    )
