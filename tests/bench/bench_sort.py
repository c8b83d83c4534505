"""sort."""


def test_x():
    pass
