def webps(images):
    yield from ()


def tiffs(images):
    yield from ()


def avifs(images):
    yield from ()
