"""The administrative tree as plain data: ancestors, descendants and paths from parent links."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def ancestors(key: Key, parents: Mapping[Key, Key | None]) -> list[Key]:
    """The keys above, nearest first; ends at the root, and refuses a circle."""
    above: list[Key] = []
    parent = parents.get(key)
    while parent is not None:
        if parent == key or parent in above:
            raise ValueError(f"{key} is above itself")
        above.append(parent)
        parent = parents.get(parent)
    return above


def path(key: Key, parents: Mapping[Key, Key | None]) -> list[Key]:
    """From the root down to the key itself."""
    return [*reversed(ancestors(key, parents)), key]


def descendants(keys: Iterable[Key], parents: Mapping[Key, Key | None]) -> set[Key]:
    """The keys themselves and all below them."""
    children: dict[Key, list[Key]] = {}
    for child, parent in parents.items():
        if parent is not None:
            children.setdefault(parent, []).append(child)
    found: set[Key] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(children.get(key, ()))
    return found
