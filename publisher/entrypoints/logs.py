"""How workers log: one line a record on stderr, with the facts that the record carries."""

import logging
import sys

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class FactsFormatter(logging.Formatter):
    """`time level message key=value …`; facts come from `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        facts = {k: v for k, v in record.__dict__.items() if k not in _PLAIN and k != "action"}
        return text + "".join(f" {name}={value}" for name, value in facts.items())


def set_up_logging(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FactsFormatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger("publisher")
    root.handlers = [handler]
    root.setLevel(level)
    root.propagate = False
    logging.getLogger("rq.worker").setLevel(logging.ERROR)
