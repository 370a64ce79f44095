"""The pictures say what the code does."""

from tests.pictures import __main__ as pictures
from tests.unit import base


class PictureTest(base.TestCase):
    def test_none_is_of_yesterday(self) -> None:
        old = [
            name
            for name, text_of in pictures.PICTURES.items()
            if pictures.mark(text_of())
            not in (pictures.SOURCE / name).read_text(encoding='utf-8')
        ]
        self.assertEqual([], old, 'draw them again: tox -e pictures')
