"""What of one distribution gets in the way of others.

Owns how OpenStackClient finds a command: by as many words as name one, or
begin those of only one. Never looks at what is installed.
"""

import itertools
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

Words = tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A command, as an entry point registers it.

    :param by: the distribution that has it.
    """

    words: Words
    by: str

    def __str__(self) -> str:
        """Return what a person types, and whose it is."""
        return f'{" ".join(self.words)!r} of {self.by}'


@dataclass(frozen=True)
class Extension:
    """What a plugin puts where all plugins put theirs.

    :param names: of its client, its global options and what they set.
    """

    by: str
    names: frozenset[str]


def of_names(own: str, extensions: Iterable[Extension]) -> list[str]:
    """Return what is said of names that another plugin has as well.

    :param own: the distribution that is looked at.
    """
    listed = list(extensions)
    ours = {name for one in listed if one.by == own for name in one.names}
    return [
        f'{name!r} is also of {one.by}'
        for one in listed
        if one.by != own
        for name in sorted(one.names & ours)
    ]


def of_commands(own: str, commands: Iterable[Command]) -> list[str]:
    """Return what is said of commands that are, or may be taken for, others'.

    :param own: the distribution that is looked at.
    """
    listed = set(commands)
    others = {one for one in listed if one.by != own}
    return sorted(
        f'{ours} and {other}: {why}'
        for ours in listed - others
        for other in others
        for why in _between(ours.words, other.words)
    )


def _between(ours: Words, other: Words) -> Iterator[str]:
    """Yield why of two commands one may be taken for the other."""
    if ours == other:
        yield 'the same name'
    elif len(ours) != len(other):
        less, more = sorted((ours, other), key=len)
        if _begins(less, more):
            rest = ' '.join(more[len(less) :])
            yield f'the shorter, with the argument {rest!r}, is the longer'


def abbreviations(own: str, commands: Iterable[Command]) -> dict[str, str]:
    """Return abbreviation → the command that it means without us only.

    Of each two commands the longest of those that they have in common.

    :param own: the distribution that is looked at.
    """
    listed = set(commands)
    others = {one.words for one in listed if one.by != own}
    found = {}
    for ours in {one.words for one in listed} - others:
        alike = [one for one in others if len(one) == len(ours)]
        for other in alike:
            common = tuple(map(_common, ours, other))
            if _meant(common, alike) == [other]:
                found[' '.join(common)] = ' '.join(other)
    return found


def _common(one: str, other: str) -> str:
    """Return what two words begin with."""
    pairs = zip(one, other, strict=False)
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)
    return ''.join(letter for letter, _ in same)


def _meant(typed: Words, commands: Collection[Words]) -> list[Words]:
    """Return the commands of as many words that an abbreviation may mean."""
    return [one for one in commands if all(typed) and _begins(typed, one)]


def _begins(typed: Words, words: Words) -> bool:
    """Return whether each word that is typed begins one of a command's."""
    pairs = zip(typed, words, strict=False)
    return all(word.startswith(part) for part, word in pairs)
