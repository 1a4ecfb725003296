"""Every step of a delivery and of a round, found in the source, and a way to die exactly there.

`points_of` reads a module's source with `ast` and names a point before and after every `await`
of the delivery path and every call on a port of the round. In the processes of a desk (see
`site/sitecustomize.py`) the same walk puts a call of `hit` at each point; no product code knows.

`hit` writes each point once a process to the file `hits`. When the file `armed` names the point,
exactly one process takes it (by renaming it), writes what it knows to `fired-<id>.json` and then
kills or stops itself, its RQ worker, or both.

Only the standard library is imported at the top: the hook runs before anything else does.
"""

import ast
import functools
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = "COPYDESK_TEST_KILLS"
REPOSITORY = "COPYDESK_TEST_REPOSITORY"
HOOKED = "COPYDESK_TEST_HOOK"


@dataclass(frozen=True)
class Rule:
    """What counts as a step of one module: awaits, or calls on these names in these functions."""

    awaits: bool = False
    calls: tuple[str, ...] = ()
    functions: frozenset[str] | None = None

    def covers(self, function: str) -> bool:
        return self.functions is None or function in self.functions


RULES: Mapping[str, Rule] = {
    # One delivery: every await.
    "publisher.usecases.carrier": Rule(awaits=True),
    "publisher.usecases.punctual": Rule(awaits=True),
    "publisher.platforms.sandbox": Rule(
        awaits=True,
        functions=frozenset(
            {"prepare", "publish", "check", "locate", "_publish_container", "_make"}
        ),
    ),
    "publisher.connecting.line": Rule(awaits=True, functions=frozenset({"ask", "call", "_send"})),
    "publisher.adapters.redis_lane": Rule(awaits=True),
    "publisher.adapters.http": Rule(awaits=True, functions=frozenset({"send", "__aexit__"})),
    # One round: every call on a port, and every commit.
    "publisher.usecases.round": Rule(
        calls=(
            "self.store.",
            "self.index.",
            "self.gate.",
            "self.queue.",
            "self.clock.",
            "self.rest",
        )
    ),
    "publisher.usecases.drafting": Rule(calls=("self._store.", "self._index.", "self._gate.")),
    "publisher.adapters.git_store": Rule(
        calls=("self.remote.", "self.objects."),
        functions=frozenset(
            {
                "push",
                "_pushed",
                "_after_silence",
                "_commit",
                "_ledger_commit",
                "sync",
                "_moved",
                "_ledger",
            }
        ),
    ),
    "publisher.adapters.git_remote": Rule(
        calls=("near_forge.copied", "self._git"), functions=frozenset({"_pushed_near"})
    ),
    "publisher.adapters.near_forge": Rule(
        calls=("copied", "clone.references.create"), functions=frozenset({"fetched"})
    ),
    "publisher.adapters.index": Rule(
        calls=("self._db.execute",), functions=frozenset({"_transaction"})
    ),
    "publisher.adapters.redis_gate": Rule(
        calls=("self._ask", "self._run", "pipe.execute"),
        functions=frozenset({"open", "mark_round"}),
    ),
    "publisher.adapters.rq_queue": Rule(
        calls=("queue.enqueue", "self.gate.bury", "super().fork_work_horse"),
        functions=frozenset({"_hint", "fork_work_horse", "monitor_work_horse"}),
    ),
}

DELIVERY = (
    "publisher.usecases.carrier",
    "publisher.usecases.punctual",
    "publisher.platforms.sandbox",
    "publisher.connecting.line",
    "publisher.adapters.redis_lane",
    "publisher.adapters.http",
)


@dataclass(frozen=True)
class Point:
    """One place to die: `publisher.usecases.carrier:218:before`."""

    module: str
    line: int
    when: str
    function: str
    code: str
    nth: int = 1

    @property
    def name(self) -> str:
        again = f".{self.nth}" if self.nth > 1 else ""
        return f"{self.module}:{self.line}{again}:{self.when}"

    @property
    def carried(self) -> bool:
        """Whether it is passed in a carrier's own process, so that it has an RQ worker above."""
        return self.module in DELIVERY

    def __str__(self) -> str:
        return f"{self.name}  in {self.function}: {self.code}"


class _Stepped(ast.NodeTransformer):
    """Puts `hit` around every step, and remembers the points."""

    def __init__(self, module: str, rule: Rule) -> None:
        self.module, self.rule = module, rule
        self.points: list[Point] = []
        self._functions: list[str] = []
        self._seen: dict[int, int] = {}

    def _function(self, node: Any) -> ast.AST:
        self._functions.append(node.name)
        node.body = [self.visit(statement) for statement in node.body]
        self._functions.pop()
        return node  # type: ignore[no-any-return]

    visit_FunctionDef = _function  # noqa: N815 - the name that ast asks for
    visit_AsyncFunctionDef = _function  # noqa: N815 - the same

    def visit_Await(self, node: ast.Await) -> ast.AST:
        mine = self.rule.awaits and self._here()
        base = self._base(node, node.value) if mine else ""
        self.generic_visit(node)
        if not mine:
            return node
        before = self._hook("_copydesk_step", base, "before", node.value)
        awaited = ast.Await(value=before)
        return ast.copy_location(self._hook("_copydesk_step", base, "after", awaited), node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        mine = self.rule.awaits and self._here()
        bases = [self._base(item.context_expr, item.context_expr) for item in node.items if mine]
        self.generic_visit(node)
        for item, base in zip(node.items, bases, strict=False):
            for when in ("before", "entered", "leaving", "after"):
                self._point(base, when, ast.unparse(item.context_expr))
            item.context_expr = ast.Call(
                func=ast.Name(id="_copydesk_entered", ctx=ast.Load()),
                args=[ast.Constant(value=base), item.context_expr],
                keywords=[],
            )
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        mine = self._here() and ast.unparse(node.func).startswith(self.rule.calls or "\0")
        base = self._base(node, node) if mine else ""
        self.generic_visit(node)
        if not mine:
            return node
        for when in ("before", "after"):
            self._point(base, when, ast.unparse(node))
        stepped = ast.Call(
            func=ast.Name(id="_copydesk_call", ctx=ast.Load()),
            args=[ast.Constant(value=base), node.func, *node.args],
            keywords=node.keywords,
        )
        return ast.copy_location(stepped, node)

    def _here(self) -> bool:
        return bool(self._functions) and self.rule.covers(self._functions[-1])

    def _base(self, node: ast.expr, _code: ast.expr) -> str:
        line = node.lineno
        nth = self._seen[line] = self._seen.get(line, 0) + 1
        return f"{self.module}:{line}" + (f".{nth}" if nth > 1 else "")

    def _point(self, base: str, when: str, code: str) -> None:
        line, _dot, nth = base.rpartition(":")[2].partition(".")
        function = self._functions[-1]
        self.points.append(Point(self.module, int(line), when, function, code[:100], int(nth or 1)))

    def _hook(self, hook: str, base: str, when: str, value: ast.expr) -> ast.expr:
        inner = value.value if isinstance(value, ast.Await) else value
        if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") == "_copydesk_step":
            inner = inner.args[1]
        self._point(base, when, ast.unparse(inner))
        return ast.Call(
            func=ast.Name(id=hook, ctx=ast.Load()),
            args=[ast.Constant(value=f"{base}:{when}"), value],
            keywords=[],
        )


def stepped(module: str, source: str) -> tuple[ast.Module, list[Point]]:
    """The module's tree with `hit` at every point, and the points in source order."""
    walk = _Stepped(module, RULES[module])
    tree = ast.fix_missing_locations(walk.visit(ast.parse(source)))
    return tree, sorted(walk.points, key=lambda point: (point.line, point.nth))


def points_of(root: Path) -> list[Point]:
    """Every point of the product as it is in the source now."""
    return [
        point
        for module in RULES
        for point in stepped(module, (root / f"{module.replace('.', '/')}.py").read_text())[1]
    ]


# ── In the processes of a desk ───────────────────────────────────────────────────────────────


class _Hook(importlib.abc.MetaPathFinder):
    """Compiles the modules of RULES with `hit` in them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in RULES:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if found is None or not found.origin:
            return None
        loader = _Loader(fullname, found.origin)
        return importlib.util.spec_from_file_location(fullname, found.origin, loader=loader)


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> Any:
        source = Path(self.path).read_text("utf-8")
        return compile(stepped(fullname, source)[0], self.path, "exec")

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__.update(
            _copydesk_step=_step, _copydesk_call=_call, _copydesk_entered=_Entered
        )
        super().exec_module(module)


def install() -> None:
    """Hook this process; the test's environment decides whether this is called."""
    sys.meta_path.insert(0, _Hook())


_started_as = os.getpid()
_seen: set[str] = set()


@functools.cache
def _folder() -> Path:
    return Path(os.environ[FOLDER])


def _step(point: str, value: Any) -> Any:
    hit(point)
    return value


def _call(base: str, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
    hit(f"{base}:before")
    value = call(*args, **named)
    hit(f"{base}:after")
    return value


class _Entered:
    """An asynchronous context manager with a point on each of its four sides."""

    def __init__(self, base: str, inner: Any) -> None:
        self._base, self._inner = base, inner

    async def __aenter__(self) -> Any:
        hit(f"{self._base}:before")
        value = await self._inner.__aenter__()
        hit(f"{self._base}:entered")
        return value

    async def __aexit__(self, *error: object) -> Any:
        hit(f"{self._base}:leaving")
        value = await self._inner.__aexit__(*error)
        hit(f"{self._base}:after")
        return value


def hit(point: str) -> None:
    """This point is being passed now: write it down, and die if it is the armed one."""
    if point not in _seen:
        _seen.add(point)
        hits = os.open(_folder() / "hits", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(hits, f"{point}\n".encode())
        os.close(hits)
    armed = _armed()
    if armed and armed["point"] == point:
        armed["passes"] -= 1
        if armed["passes"] <= 0:
            _fire(armed)


_order: dict[str, Any] = {}
_order_seen: tuple[int, int] = (0, 0)


def _armed() -> dict[str, Any]:
    """The order in force; read again only when the file is another one."""
    global _order, _order_seen  # noqa: PLW0603 - one order a process
    try:
        found = (_folder() / "armed").stat()
        if (found.st_ino, found.st_mtime_ns) != _order_seen:
            _order = json.loads((_folder() / "armed").read_text())
            _order_seen = (found.st_ino, found.st_mtime_ns)
    except (FileNotFoundError, ValueError):
        _order, _order_seen = {}, (0, 0)
    return _order


def _fire(order: dict[str, Any]) -> None:
    """Take the order, if nobody did before; tell what is known; then do it."""
    folder, name = _folder(), order["id"]
    try:
        (folder / "armed").rename(folder / f"taken-{name}")
    except FileNotFoundError:
        return
    parent = os.getppid() if os.getpid() != _started_as else 0
    facts = {
        "point": order["point"],
        "who": order["who"],
        "pid": os.getpid(),
        "parent": parent,
        "calling": _calling(),
        "at": time.time(),
    }
    (folder / f"telling-{name}").write_text(json.dumps(facts))
    (folder / f"telling-{name}").rename(folder / f"fired-{name}.json")
    match order["who"]:
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "parent" if parent:
            os.kill(parent, signal.SIGKILL)
        case "both" if parent:
            os.kill(parent, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        case _:
            os.kill(os.getpid(), signal.SIGKILL)


def _calling() -> list[str]:
    """The claims of this very process that have passed the gate and not reported."""
    import redis

    caller = os.environ.get("COPYDESK_CALLER", "") if os.getpid() != _started_as else ""
    if not caller:
        return []
    prefix = f"copydesk:{os.environ[REPOSITORY]}:"
    try:
        client = redis.Redis.from_url(
            os.environ["REDIS_URL"], decode_responses=True, socket_timeout=2
        )
        claims = client.zrange(f"{prefix}calling", 0, -1)
        return [c for c in claims if client.hget(f"{prefix}claim:{c}", "caller") == caller]
    except redis.RedisError:
        return ["?"]


def hits_in(folder: Path) -> Iterator[str]:
    """The points that any process has passed."""
    path = folder / "hits"
    if path.exists():
        yield from dict.fromkeys(path.read_text().split())
