"""Tells formats that can run code from harmless ones, by their first bytes and not by name."""

from __future__ import annotations

from pathlib import Path

from studio.core.errors import NotAMatch, UntrustedModel

# First bytes of the archives that torch, joblib and others put pickles into.
_ARCHIVES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive, the form in which torch stores pickles"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"PK\x07\x08", "a split zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"\x93NUMPY", "a NumPy file, which can hold pickles"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, which can hold program code"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"#!", "a script"),
)

_OTHER_FORMATS: tuple[tuple[bytes, str], ...] = (
    (b"GGUF", "a GGUF file; this version reads pictures' models as safetensors"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file it stands for"),
    (b"<!DOCTYP", "a web page, not a model"),
    (b"<html", "a web page, not a model"),
)

# Pickle protocols 0 and 1 have no magic. Their files begin with one of these opcodes: MARK before
# a dictionary, list, instance or global, an empty container that is memoised, or GLOBAL and a
# module's name (Lib/pickletools.py).
_OLD_PICKLE_STARTS = (
    *(b"(d", b"(l", b"(i", b"(c", b"}q", b"]q"),
    *(b"c__", b"cos", b"cposix", b"cnt\n", b"ctorch", b"ccollect", b"cnumpy", b"cbuiltin"),
)
_PICKLE_PROTOCOLS = range(2, 6)

# What a person gets told to do instead.
_HINT = (
    "It can run any program when it is loaded, so the studio never opens it. "
    "Look for the same model as .safetensors."
)


def refuse_code_formats(start: bytes, path: Path) -> None:
    """Look at a file's first nine bytes and refuse what is not safetensors by its nature.

    A safetensors file starts with the length of its header (8 bytes) and "{". A length may look
    like a pickle's magic, so the "{" decides first.

    Raises:
        UntrustedModel: a pickle, or an archive that may hold one.
        NotAMatch: another known format that is no safetensors file.
    """
    if start[4:9] == b"\x00\x00\x00\x00{":
        return
    if is_pickle(start):
        raise UntrustedModel(f"{path.name} is a pickle, whatever its name says.", _HINT)
    for magic, what in _ARCHIVES:
        if start.startswith(magic[:9]):
            raise UntrustedModel(f"{path.name} is {what}.", _HINT)
    for magic, what in _OTHER_FORMATS:
        if start.startswith(magic[:9]):
            raise NotAMatch(
                f"{path.name} is {what}.", "Choose a .safetensors file or a model folder."
            )


def is_pickle(start: bytes) -> bool:
    """True if the bytes begin like a Python pickle of any protocol."""
    if len(start) >= 2 and start[0] == 0x80 and start[1] in _PICKLE_PROTOCOLS:
        return True
    return start.startswith(_OLD_PICKLE_STARTS)
