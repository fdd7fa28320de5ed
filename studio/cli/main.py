"""The command line's grammar, and what happens around every command."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from studio import __version__
from studio.api.requests import SAMPLERS
from studio.core.errors import InvalidRequest, StudioError
from studio.core.logs import log_file, set_up_logging

log = logging.getLogger(__name__)

EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_CANCELLED = 130

EPILOG = """\
example:
  atelier generate "a red mushroom in a green meadow" -o mushroom.png

exit status: 0 done, 1 an error, 2 a bad request, 130 stopped by Ctrl+C
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 for an error, 2 for a bad request, 130 when interrupted.

    With ``--json`` exactly one JSON object goes to the standard output, errors included.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:  # as a program of its own, `timeout` and `kill` stop it like Ctrl+C
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(given)
    except BrokenPipeError:
        # The reader of our output went away (such as `| head`): not an error of ours. The
        # interpreter flushes once more when it ends, which must not meet the broken pipe again.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: list[str]) -> int:
    as_json = "--json" in arguments
    try:
        options = build_parser().parse_args(arguments)
        set_up_logging()
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        _print_error(StudioError("Stopped.", code="cancelled"), as_json=as_json)
        return EXIT_CANCELLED
    except StudioError as error:
        _print_error(error, as_json=as_json)
        return EXIT_USAGE if isinstance(error, InvalidRequest) else EXIT_ERROR
    except BrokenPipeError:
        raise
    except Exception as error:  # a bug of ours: one line for the person, the rest for the log
        log.exception("the command failed")
        name = f"{type(error).__name__}: {error}".splitlines()[0]
        problem = StudioError(
            f"Something went wrong inside Atelier ({name}).",
            f"{log_file()} holds the details.",
            code="internal_error",
        )
        _print_error(problem, as_json=as_json)
        return EXIT_ERROR


def _print_error(error: StudioError, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": error.code, "message": error.message, "hint": error.hint}))
        sys.stdout.flush()
    print(f"atelier: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"         {error.hint}", file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line as every other error is said.

    Options are written in full: an abbreviation in a script would break with the next option.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise InvalidRequest(
            f"{message[:1].upper()}{message[1:]}.", f"See {self.prog} --help.", code="usage"
        )


def _path(text: str) -> Path:
    if "\0" in text:
        raise argparse.ArgumentTypeError("a path cannot hold a NUL character")
    return Path(text)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = _Parser(
        prog="atelier",
        description="An offline creative studio, from the command line.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"Atelier {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_generate(commands)
    _add_from_pictures(commands)
    _add_upscale(commands)
    _add_chat(commands)
    _add_models(commands)
    _add_gallery(commands)
    _add_export(commands)
    _add_train(commands)
    _add_place(commands)
    _add_worker(commands)
    _add_doctor(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


def _common(parser: argparse.ArgumentParser, *, project: bool) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    if project:
        parser.add_argument(
            "--project", type=_path, help="project file; the one opened last when left out"
        )


def _making(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that makes pictures."""
    parser.add_argument(
        "-o", "--output", type=_path, required=True, help="PNG, JPEG or WebP file to write"
    )
    parser.add_argument("--model", default="", help="id, title or path of a model")
    parser.add_argument("--negative", default="", help="what the picture must not show")
    parser.add_argument("--seed", type=int, help="0 to 4294967295; random when left out")
    parser.add_argument("--steps", type=int, help="denoising steps")
    parser.add_argument("--guidance", type=float, help="guidance scale")
    parser.add_argument("--sampler", help=f"one of: {', '.join(SAMPLERS)}")
    parser.add_argument("--count", type=int, default=1, help="how many pictures")
    parser.add_argument("--clip-skip", type=int, default=0, help="text encoder layers to leave out")
    parser.add_argument(
        "--lora", action="append", default=[], metavar="FILE[=WEIGHT]", help="may be repeated"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    _common(parser, project=True)


def _add_generate(commands: Commands) -> None:
    from studio.cli.generate import run_generate

    parser = commands.add_parser("generate", help="make pictures from words")
    parser.add_argument("prompt", help="what the picture shows; - reads it from standard input")
    parser.add_argument("--size", help="WIDTHxHEIGHT in pixels, such as 768x512")
    parser.add_argument("--refiner", metavar="MODEL[@SHARE]", help="SDXL refiner, such as x@0.8")
    _making(parser)
    parser.set_defaults(run=run_generate)


def _add_from_pictures(commands: Commands) -> None:
    from studio.cli import pictures

    def command(name: str, does: str, run: Any, prompt: str) -> _Parser:
        parser = commands.add_parser(name, help=does)
        parser.add_argument("picture", type=_path, help="picture file to start from")
        parser.add_argument("prompt", nargs="?", default="", help=prompt)
        _making(parser)
        parser.set_defaults(run=run)
        return parser

    words = "what the picture shows; - reads it from standard input"
    parser = command("restyle", "make a picture anew in other words", pictures.run_restyle, words)
    parser.add_argument("--strength", type=float, default=0.6, help="0.05 to 1 (0.6)")

    words = "what to put there; what surrounds it when left out"
    parser = command("fill", "fill a part of a picture", pictures.run_fill, words)
    parser.add_argument(
        "--mask", type=_path, required=True, help="picture of the same size: white is filled"
    )
    parser.add_argument("--strength", type=float, default=1.0, help="0.05 to 1 (1)")
    for name, what in (
        ("grow", "widen the mask"),
        ("feather", "soften its edge"),
        ("padding", "how much around it the model sees"),
    ):
        parser.add_argument(f"--{name}", type=int, metavar="PX", help=f"{what}; by size")

    parser = command("uncrop", "continue a picture beyond its edges", pictures.run_uncrop, words)
    for side in pictures.SIDES:
        parser.add_argument(f"--{side}", type=int, metavar="PX", help=f"pixels to add {side}")
    parser.add_argument("--aspect", help="aspect ratio to reach instead, such as 16:9")
    parser.add_argument("--overlap", type=int, metavar="PX", help="soft overlap; by size")

    words = "what the picture shows"
    parser = command("colorize", "give a picture colours", pictures.run_colorize, words)
    parser.add_argument(
        "--hints", type=_path, help="transparent picture of the same size with painted colours"
    )
    parser.add_argument("--palette", type=_path, help="picture whose colours are the example")
    parser.add_argument("--strength", type=float, default=1.0, help="0.05 to 1 (1)")


def _add_upscale(commands: Commands) -> None:
    from studio.cli.pictures import run_upscale

    parser = commands.add_parser("upscale", help="make a picture two or four times larger")
    parser.add_argument("picture", type=_path, help="picture file to start from")
    parser.add_argument(
        "-o", "--output", type=_path, required=True, help="PNG, JPEG or WebP file to write"
    )
    parser.add_argument("--scale", type=int, default=2, help="2 or 4 (2)")
    parser.add_argument("--model", default="", help="id, title or path of an upscaler")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    _common(parser, project=True)
    parser.set_defaults(run=run_upscale)


def _add_chat(commands: Commands) -> None:
    from studio.cli.chat import run_chat

    parser = commands.add_parser("chat", help="ask a language model, or talk with it")
    parser.add_argument(
        "message",
        nargs="?",
        help="what is asked; - reads it from standard input; left out, a conversation begins",
    )
    parser.add_argument("--model", default="", help="id, title or path of a model")
    parser.add_argument("--system", default="", help="how it is to answer")
    parser.add_argument("--temperature", type=float, help="0 always takes the likeliest token")
    parser.add_argument("--max-tokens", type=int, help="where an answer is cut")
    parser.add_argument("--top-p", type=float, help="likeliest tokens of this total probability")
    parser.add_argument("--top-k", type=int, help="so many of the likeliest tokens; 0 is all")
    parser.add_argument("--min-p", type=float, help="share of the likeliest token's probability")
    parser.add_argument("--repetition-penalty", type=float, help="above 1 repeats less")
    parser.add_argument("--seed", type=int, help="0 to 4294967295; random when left out")
    parser.add_argument(
        "--stop",
        action="append",
        default=[],
        metavar="TEXT",
        help="ends before it; may be repeated",
    )
    parser.add_argument("--alternatives", type=int, help="likeliest tokens in --json, 0 to 20 (5)")
    parser.add_argument(
        "--keep", action="store_true", help="keep a single answer in the project's conversations"
    )
    parser.add_argument("--quiet", action="store_true", help="nothing but the answer")
    _common(parser, project=True)
    parser.set_defaults(run=run_chat)


def _add_models(commands: Commands) -> None:
    from studio.cli.listings import run_models

    parser = commands.add_parser("models", help="list the installed models, or describe one")
    parser.add_argument("name", nargs="?", help="id, title or path of one model")
    _common(parser, project=False)
    parser.set_defaults(run=run_models)


def _add_gallery(commands: Commands) -> None:
    from studio.cli.listings import run_gallery

    parser = commands.add_parser("gallery", help="list what was generated")
    parser.add_argument("search", nargs="*", help="words, seed:123, model:NAME or size:512x512")
    parser.add_argument("--starred", action="store_true", help="only what is starred")
    parser.add_argument("--limit", type=int, default=20, help="how many at most (20)")
    _common(parser, project=True)
    parser.set_defaults(run=run_gallery)


def _add_export(commands: Commands) -> None:
    from studio.cli.export import run_export

    parser = commands.add_parser("export", help="write the canvas or a generated picture to a file")
    parser.add_argument("id", nargs="?", help="id from the gallery; the canvas when left out")
    parser.add_argument("--index", type=int, default=0, help="which picture of that id (0)")
    parser.add_argument(
        "-o", "--output", type=_path, required=True, help="file to write; .ora keeps the layers"
    )
    _common(parser, project=True)
    parser.set_defaults(run=run_export)


def _add_train(commands: Commands) -> None:
    from studio.cli.train import RECIPES, SIZES, run_train

    parser = commands.add_parser("train", help="train a model from a recipe of this studio")
    parser.add_argument("recipe", choices=RECIPES, help="what to train")
    parser.add_argument(
        "--minutes", type=float, required=True, help="training time, over all runs together"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument(
        "--run-dir", type=_path, help="folder of checkpoints, losses, samples and the model"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run in --run-dir")
    parser.add_argument("--size", choices=SIZES, default="small", help="tiny is only a test")
    parser.add_argument(
        "--threads", type=int, help="CPU threads; one is fastest on a machine that is busy"
    )
    _common(parser, project=False)
    parser.set_defaults(run=run_train)


def _add_place(commands: Commands) -> None:
    from studio.cli.place import run_place

    parser = commands.add_parser("place", help="put picture files on the canvas of a project")
    parser.add_argument(
        "files", nargs="+", type=_path, metavar="FILE", help="PNG, JPEG, SVG, PSD, OpenRaster ..."
    )
    _common(parser, project=True)
    parser.set_defaults(run=run_place)


def _add_worker(commands: Commands) -> None:
    from studio.cli.machine import run_worker

    parser = commands.add_parser("worker", help="start a worker, say what it can do, and end it")
    _common(parser, project=False)
    parser.set_defaults(run=run_worker)


def _add_doctor(commands: Commands) -> None:
    from studio.cli.machine import run_doctor

    parser = commands.add_parser("doctor", help="print device, versions, folders, what is missing")
    _common(parser, project=False)
    parser.set_defaults(run=run_doctor)
