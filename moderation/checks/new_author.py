from moderation.checks.base import Finding, Label, Submission

VERSION = "1"


def check(submission: Submission) -> Finding:
    """Somebody without an approved comment: a person looks first."""
    new = not submission.author_known or submission.author_approved == 0
    return Finding("new_author", Label.SUSPECT if new else Label.CLEAN, VERSION)
