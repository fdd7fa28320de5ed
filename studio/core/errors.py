"""The exception tree: every error a person can meet has a code, a message and a hint.

StudioError                      something the studio can explain
├── InvalidRequest               a value in a request is out of its limits
├── ModelProblem                 the model files, not the request, are at fault
│   ├── UnknownModel             no model of that name is installed
│   ├── NotAMatch                these files are not of the family that looked at them
│   ├── DamagedModel             a file is missing, truncated or inconsistent
│   └── UntrustedModel           a pickle checkpoint or another format that can run code
├── OutOfMemory                  the plan does not fit, or the device ran out
├── PluginProblem                a plugin is left out or disabled
├── WorkerProblem                the worker process died or spoke nonsense
├── DocumentProblem              the project file cannot be opened, read or written
│   ├── NotAProject              the file is not an Atelier project
│   ├── NewerProject             the file was written by a newer major version
│   └── DamagedProject           parts of the file cannot be read
├── StorageProblem               a folder is read-only, the disk is full
├── ImageProblem                 a picture cannot be read, or is too large to open safely
└── SettingsProblem              the settings file cannot be read or migrated

JobCancelled is not an error: it unwinds a run that the artist stopped.
"""

from __future__ import annotations

import errno


class StudioError(Exception):
    """An error that can be shown as it is: what happened, and one thing that helps.

    ``code`` is stable and machine-readable, ``message`` says what happened and what it means for
    the work, ``hint`` names the next step. Neither holds a traceback.
    """

    code = "studio_error"

    def __init__(self, message: str, hint: str = "", *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[type, tuple[str, str], dict[str, str]]:
        return (type(self), (self.message, self.hint), {"code": self.code})


class InvalidRequest(StudioError):
    """A value in a request is outside its limits."""

    code = "invalid_request"


class ModelProblem(StudioError):
    """The model's files are at fault, not the request."""

    code = "model_problem"


class UnknownModel(ModelProblem):
    """No model of that name is installed."""

    code = "unknown_model"


class NotAMatch(ModelProblem):
    """These files do not belong to the model family that looked at them."""

    code = "not_a_match"


class DamagedModel(ModelProblem):
    """A model file is missing, truncated or contradicts its header."""

    code = "damaged_model"


class UntrustedModel(ModelProblem):
    """The file is of a format that can run code when it is loaded."""

    code = "untrusted_model"


class OutOfMemory(StudioError):
    """The plan does not fit the budget, or the device ran out while it ran."""

    code = "out_of_memory"


class PluginProblem(StudioError):
    """A plugin is left out or disabled; the studio goes on without it."""

    code = "plugin_problem"


class WorkerProblem(StudioError):
    """The worker process died, did not start, or sent something that is not an event."""

    code = "worker_problem"


class DocumentProblem(StudioError):
    """The project file cannot be opened, read or written."""

    code = "document_problem"


class NotAProject(DocumentProblem):
    """The file is not an Atelier project."""

    code = "not_a_project"


class NewerProject(DocumentProblem):
    """The project was written by a newer major version of Atelier."""

    code = "newer_project"


class DamagedProject(DocumentProblem):
    """Parts of the project file cannot be read."""

    code = "damaged_project"


class StorageProblem(StudioError):
    """A folder is read-only, missing, or its disk is full."""

    code = "storage_problem"


class ImageProblem(StudioError):
    """A picture cannot be read, or is too large to be opened safely."""

    code = "image_problem"


class SettingsProblem(StudioError):
    """The settings file cannot be read or brought up to date."""

    code = "settings_problem"


class JobCancelled(Exception):
    """Unwinds a run that was cancelled; not an error, for the artist asked for it."""


def storage_problem(error: OSError, path: object) -> StorageProblem:
    """Say in words why ``path`` could not be written or read.

    Args:
        error: what the operating system answered.
        path: the file or folder that was touched.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageProblem(
            f"The disk is full: {path} could not be written.",
            "Free some space or choose another folder; nothing that was saved is lost.",
            code="disk_full",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageProblem(
            f"{path} may not be used: the file or its folder is read-only or belongs to others.",
            "Choose another folder or change its permissions.",
            code="read_only",
        )
    if error.errno == errno.ENOENT:
        return StorageProblem(
            f"{path} does not exist.", "Check the path and try again.", code="not_found"
        )
    if error.errno in (errno.EISDIR, errno.ENOTDIR):
        kind = "a folder" if error.errno == errno.EISDIR else "not in a folder"
        return StorageProblem(f"{path} is {kind}.", "Choose the name of a file.")
    reason = error.strerror or str(error)
    return StorageProblem(f"{path} could not be used: {reason}.", "Try another folder.")
